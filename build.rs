//! Makes the code lists of `data/reference/codes.toml` into constants, lets the program be built before the viewer is,
//! and rebuilds it when a migration is added.

use std::fmt::Write as _;
use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=migrations");
    println!("cargo:rerun-if-changed=maps/dist");
    println!("cargo:rerun-if-changed=data/sample");
    println!("cargo:rerun-if-changed=data/reference/codes.toml");
    let lists = code_lists(&std::fs::read_to_string("data/reference/codes.toml")?)?;
    std::fs::write(Path::new(&std::env::var("OUT_DIR")?).join("codes.rs"), lists)?;
    // Without a built viewer the folder is empty and the program says so at its address.
    if let Err(fault) = std::fs::create_dir_all("maps/dist") {
        println!("cargo:warning=maps/dist cannot be made: {fault}");
    }
    Ok(())
}

/// Rust source: one constant a list, named as its key in capitals, and `LISTS` with all of them.
fn code_lists(text: &str) -> Result<String, Box<dyn std::error::Error>> {
    let table: toml::Table = text.parse()?;
    let said = |value: &toml::Value, key: &str| -> Result<String, Box<dyn std::error::Error>> {
        let text = value.get(key).and_then(toml::Value::as_str);
        Ok(text
            .ok_or_else(|| format!("codes.toml: no {key} in {value}"))?
            .to_owned())
    };
    let lists = table
        .get("list")
        .and_then(toml::Value::as_array)
        .ok_or("codes.toml has no list")?;
    let (mut source, mut names) = (String::new(), Vec::new());
    for list in lists {
        let key = said(list, "key")?;
        let name = key.to_uppercase();
        let codes = list
            .get("codes")
            .and_then(toml::Value::as_array)
            .ok_or_else(|| format!("{key} has no codes"))?;
        writeln!(source, "/// {} ({}).", said(list, "en")?, said(list, "source")?)?;
        writeln!(
            source,
            "pub static {name}: CodeList = CodeList {{ key: {key:?}, title: Label::new({:?}, {:?}), source: {:?}, codes: &[",
            said(list, "en")?,
            said(list, "zh")?,
            said(list, "source")?
        )?;
        for code in codes {
            let (code, en, zh) = (said(code, "code")?, said(code, "en")?, said(code, "zh")?);
            writeln!(source, "    ({code:?}, Label::new({en:?}, {zh:?})),")?;
        }
        writeln!(source, "] }};")?;
        names.push(format!("&{name}"));
    }
    writeln!(
        source,
        "/// Every list, in the order of the file.\npub static LISTS: &[&CodeList] = &[{}];",
        names.join(", ")
    )?;
    Ok(source)
}
