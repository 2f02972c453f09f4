//! Writes the invented sample border, `data/sample/astrand-veyra`.
//!
//!     cargo run --example invented_border [-- --out DIR]
//!     cargo run --example invented_border -- --fixes 1000000 --out big.gpx

mod generate;

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut out, mut fixes) = (None, None);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let value = args.next().ok_or_else(|| format!("{arg} needs a value"))?;
        match arg.as_str() {
            "--out" => out = Some(PathBuf::from(value)),
            "--fixes" => fixes = Some(value.parse::<u64>()?),
            _ => return Err(format!("{arg} is not known: --out DIR-OR-FILE, --fixes N").into()),
        }
    }
    let world = generate::World::new();
    if let Some(n) = fixes {
        let path = out.ok_or("--fixes needs --out FILE")?;
        let mut file = BufWriter::new(fs::File::create(path)?);
        generate::tracks::long_track(&world, n, &mut file)?;
        return Ok(file.flush()?);
    }
    let folder = out.unwrap_or_else(|| PathBuf::from("data/sample/astrand-veyra"));
    for (path, text) in generate::files(&world) {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}
