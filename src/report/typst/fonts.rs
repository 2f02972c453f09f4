//! The fonts of the documents: four files of two Debian packages, read once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

use crate::domain::problem::{Code, Mistake, Problem};
use crate::domain::text::Message;

/// Latin, Cyrillic and figures.
pub const TEXT_FAMILY: &str = "Noto Sans";
/// Ideographs in the forms of the People's Republic, and all that the text family lacks.
pub const CHINESE_FAMILY: &str = "Noto Sans CJK SC";
/// Hangul.
pub const KOREAN_FAMILY: &str = "Noto Sans CJK KR";

/// File, Debian package, families taken from it. The two collections hold ten families each; the others stay out of
/// the font book, so that no Japanese form of an ideograph can be chosen.
const FILES: [(&str, &str, &[&str]); 4] = [
    ("NotoSans-Regular.ttf", "fonts-noto-core", &[TEXT_FAMILY]),
    ("NotoSans-Bold.ttf", "fonts-noto-core", &[TEXT_FAMILY]),
    (
        "NotoSansCJK-Regular.ttc",
        "fonts-noto-cjk",
        &[CHINESE_FAMILY, KOREAN_FAMILY],
    ),
    (
        "NotoSansCJK-Bold.ttc",
        "fonts-noto-cjk",
        &[CHINESE_FAMILY, KOREAN_FAMILY],
    ),
];

/// Below a given directory the fonts may lie this many directories deep.
const DEPTH: usize = 4;

/// The fonts, ready for use. Cheap to clone; load them once for the life of the program.
#[derive(Clone)]
pub struct Fonts(Arc<Inner>);

struct Inner {
    book: LazyHash<FontBook>,
    faces: Vec<Font>,
}

impl std::fmt::Debug for Fonts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.0.faces.iter().map(|face| &face.info().family))
            .finish()
    }
}

impl Fonts {
    /// Where Debian puts fonts, and where an administrator does.
    pub fn default_dirs() -> Vec<PathBuf> {
        ["/usr/share/fonts", "/usr/local/share/fonts"]
            .map(PathBuf::from)
            .to_vec()
    }

    /// Reads the fonts found in `dirs` or below them; the first directory that has a file wins. About 40 MB, so call
    /// it once.
    ///
    /// # Errors
    /// When a file is missing or damaged: every such file is named, with the Debian package that has it.
    pub fn load(dirs: &[PathBuf]) -> Result<Self, Problem> {
        let mut found = BTreeMap::new();
        for dir in dirs {
            search(dir, DEPTH, &mut found);
        }
        let mut faces = Vec::new();
        let mut mistakes = Vec::new();
        for (name, package, families) in FILES {
            let before = faces.len();
            let bytes = found.get(name).map(std::fs::read);
            let reason = match bytes {
                None => "was not found".to_owned(),
                Some(Err(e)) => format!("cannot be read ({e})"),
                Some(Ok(bytes)) => {
                    let all = Font::iter(Bytes::new(bytes));
                    faces.extend(all.filter(|face| families.contains(&face.info().family.as_str())));
                    "is damaged".to_owned()
                }
            };
            if faces.len() - before < families.len() {
                mistakes.push(Mistake {
                    at: name.to_owned(),
                    detail: Message::new(
                        format!("{reason}; it is in the package {package}"),
                        format!("缺失或损坏；该文件属于软件包 {package}"),
                    ),
                });
            }
        }
        if !mistakes.is_empty() {
            let places: Vec<String> = dirs.iter().map(|dir| dir.display().to_string()).collect();
            return Err(Problem::new(
                Code::Unavailable,
                Message::new(
                    format!("The fonts of the documents are not all there. Searched: {}.", places.join(", ")),
                    format!("文件所需字体不全。已查找：{}。", places.join("、")),
                ),
                Message::new(
                    "Install the Debian packages fonts-noto-cjk and fonts-noto-core, or name the directory of the fonts.",
                    "请安装 Debian 软件包 fonts-noto-cjk 和 fonts-noto-core，或指定字体目录。",
                ),
            )
            .with_mistakes(mistakes));
        }
        let book = LazyHash::new(FontBook::from_fonts(&faces));
        Ok(Self(Arc::new(Inner { book, faces })))
    }

    /// Whether every weight that a document uses has a glyph for `c`.
    pub fn covers(&self, c: char) -> bool {
        let has = |family: &str| {
            let mut weights = self
                .0
                .faces
                .iter()
                .filter(|face| face.info().family == family)
                .peekable();
            weights.peek().is_some() && weights.all(|face| face.info().coverage.contains(u32::from(c)))
        };
        [TEXT_FAMILY, CHINESE_FAMILY, KOREAN_FAMILY].into_iter().any(has)
    }

    pub(super) fn book(&self) -> &LazyHash<FontBook> {
        &self.0.book
    }

    pub(super) fn face(&self, index: usize) -> Option<Font> {
        self.0.faces.get(index).cloned()
    }
}

/// Notes the first file of each name that is needed. Directories that cannot be read hold nothing for us.
fn search(dir: &Path, depth: usize, found: &mut BTreeMap<String, PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    let mut below = Vec::new();
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            below.push(path);
        } else if let Some(name) = path.file_name().and_then(|n| n.to_str())
            && FILES.iter().any(|(wanted, ..)| *wanted == name)
        {
            found.entry(name.to_owned()).or_insert(path);
        }
    }
    below.sort();
    if depth > 0 {
        for dir in below {
            search(&dir, depth - 1, found);
        }
    }
}
