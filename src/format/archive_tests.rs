use std::io::Cursor;

use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;

fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn open(bytes: Vec<u8>) -> Result<Archive<Cursor<Vec<u8>>>, Problem> {
    Archive::open(Cursor::new(bytes), Limits::DEFAULT)
}

fn check_refused(files: &[(&str, &[u8])], code: Code, word: &str) {
    let problem = open(packed(files))
        .and_then(|mut archive| {
            for entry in archive.entries().to_vec() {
                archive.unpack(&entry, &mut io::sink())?;
            }
            Ok(())
        })
        .unwrap_err();
    assert_eq!(problem.code, code, "{files:?}");
    assert!(problem.detail.en.contains(word), "{}", problem.detail.en);
    assert!(!problem.detail.zh.is_empty() && !problem.remedy.zh.is_empty());
}

#[test]
fn files_come_out_whole() {
    let mut archive = open(packed(&[
        ("folder/Data.SHP", b"shape"),
        ("__MACOSX/._Data.SHP", b"litter"),
        ("folder/data.dbf", b"table"),
    ]))
    .unwrap();
    let entries = archive.entries().to_vec();
    let names: Vec<&str> = entries.iter().map(|e| e.name.as_str()).collect();
    assert_eq!(names, ["folder/Data.SHP", "folder/data.dbf"]);
    assert_eq!(entries[0].ending(), "shp");
    assert_eq!(entries[0].stem(), "Data");
    assert_eq!(entries[0].family(), entries[1].family());
    let mut out = Vec::new();
    assert_eq!(archive.unpack(&entries[0], &mut out).unwrap(), 5);
    assert_eq!(out, b"shape");
    assert_eq!(archive.small(&entries[1], 10).unwrap(), b"table");
    assert_eq!(archive.small(&entries[1], 4).unwrap(), b"");
}

#[test]
fn names_that_climb_out_are_refused() {
    for name in [
        "../x.shp",
        "a/../../x.shp",
        "/etc/x.shp",
        "..\\x.shp",
        "C:\\x.shp",
        "a\nb.shp",
    ] {
        check_refused(
            &[("ok.shp", b"1"), (name, b"2")],
            Code::FileForbiddenContent,
            "outside its folder",
        );
    }
}

#[test]
fn archives_in_archives_are_refused_by_name_and_by_content() {
    check_refused(&[("inner.zip", b"x")], Code::FileForbiddenContent, "another archive");
    let inner = packed(&[("a.kml", b"<kml/>")]);
    check_refused(&[("a.kml", &inner)], Code::FileForbiddenContent, "another archive");
}

#[test]
fn names_that_differ_in_case_alone_are_refused() {
    check_refused(
        &[("a.shp", b"1"), ("A.SHP", b"2")],
        Code::FileForbiddenContent,
        "one name",
    );
}

#[test]
fn bombs_are_stopped() {
    let spaces = vec![b' '; 40 << 20];
    check_refused(&[("doc.kml", &spaces)], Code::FileTooLarge, "200 times");
    let many: Vec<(String, &[u8])> = (0..=ENTRIES).map(|n| (format!("{n}.csv"), &b"x"[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    check_refused(&many, Code::FileTooLarge, "entries");
    // Two hundred thousand: the list alone is longer than what is read of it.
    let many: Vec<(String, &[u8])> = (0..200_000).map(|n| (format!("{n}.csv"), &b""[..])).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    check_refused(&many, Code::FileTooLarge, "entries");
}

#[test]
fn a_cut_archive_is_refused_wherever_it_is_cut() {
    let whole = packed(&[("a.csv", b"x,y\n1,2\n")]);
    for end in 0..whole.len() {
        assert!(open(whole[..end].to_vec()).is_err());
    }
}

#[test]
fn names_in_gbk_are_read() {
    assert_eq!(name(b"\xBD\xE7\xB1\xAE.shp"), "界碑.shp");
    assert_eq!(name("界碑.shp".as_bytes()), "界碑.shp");
}
