//! Lets the program be built before the viewer is, and rebuilt when a migration is added.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=maps/dist");
    println!("cargo:rerun-if-changed=data/sample");
    // Without a built viewer the folder is empty and the program says so at its address.
    if let Err(fault) = std::fs::create_dir_all("maps/dist") {
        println!("cargo:warning=maps/dist cannot be made: {fault}");
    }
}
