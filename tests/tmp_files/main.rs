#[path = "../it/files.rs"]
mod files;
mod support {
    #[path = "../../it/support/folder.rs"]
    mod folder;
    #[path = "../../it/support/shared.rs"]
    mod shared;
    pub use folder::folder;
    pub use shared::shared;
}
