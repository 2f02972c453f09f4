//! The archive of the write-ahead log: finished pieces, compressed, as PostgreSQL's user has put them there.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;

use super::tree::named;
use crate::domain::backup::{PIECE_BYTES, Piece};

const ENDING: &str = ".gz";

/// The pieces in a folder, in order. What is no piece is passed over; a folder that is not there has none.
///
/// # Errors
/// When the folder cannot be read.
pub fn pieces(folder: &Path) -> io::Result<Vec<Piece>> {
    let mut pieces: Vec<Piece> = names(folder)?
        .iter()
        .filter_map(|name| Piece::parse(name.strip_suffix(ENDING)?))
        .collect();
    pieces.sort_unstable();
    Ok(pieces)
}

/// Notes on how histories parted, by the names of their files.
///
/// # Errors
/// As [`pieces`].
pub fn histories(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = names(folder)?;
    names.retain(|name| name.ends_with(".history.gz"));
    names.sort();
    Ok(names)
}

fn names(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(fault) if fault.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(fault) => return Err(named(folder)(fault)),
    };
    entries
        .map(|entry| Ok(entry.map_err(named(folder))?.file_name().to_string_lossy().into_owned()))
        .collect()
}

/// The name of a piece's file in the archive.
pub fn file(piece: Piece) -> String {
    piece.name() + ENDING
}

/// The file of a piece.
pub fn path(folder: &Path, piece: Piece) -> PathBuf {
    folder.join(file(piece))
}

/// Reads a piece to its end and says what is wrong with it, if anything: whether it unpacks to what was packed. A byte
/// of the file that changes nothing of that is found by the hash in a later backup's manifest.
///
/// # Errors
/// When it is not there or cannot be read at all.
pub fn fault(path: &Path) -> io::Result<Option<&'static str>> {
    Ok(unpacked(path, &mut io::sink())?.err())
}

/// Writes a piece as the server wrote it.
///
/// # Errors
/// When it cannot be read or written; what is wrong with it is no such error.
pub fn unpacked(path: &Path, to: &mut impl io::Write) -> io::Result<Result<(), &'static str>> {
    let file = File::open(path).map_err(named(path))?;
    let mut decoder = GzDecoder::new(io::BufReader::new(file));
    // Nothing but the bytes of the piece goes into the file: no name, no time.
    let is_plain = decoder.header().is_some_and(|head| {
        head.mtime() == 0 && head.filename().is_none() && head.extra().is_none() && head.comment().is_none()
    });
    if !is_plain {
        return Ok(Err("its first bytes are not those of an archived piece"));
    }
    let (mut part, mut size) = (vec![0; 1 << 16], 0_u64);
    loop {
        match decoder.read(&mut part) {
            Ok(0) => break,
            Ok(n) => {
                size += n as u64;
                if size > PIECE_BYTES {
                    return Ok(Err("it is longer than a piece"));
                }
                to.write_all(&part[..n])?;
            }
            Err(fault) if fault.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Ok(Err("its bytes do not agree with its check sum")),
        }
    }
    let mut rest = decoder.into_inner();
    if rest.read(&mut part[..1])? != 0 {
        return Ok(Err("something stands behind its end"));
    }
    Ok(if size == PIECE_BYTES {
        Ok(())
    } else {
        Err("it is shorter than a piece")
    })
}

/// Removes the pieces before a number of the log, whatever their timeline.
///
/// # Errors
/// When one cannot be removed.
pub fn remove_before(folder: &Path, number: u64) -> io::Result<usize> {
    let old: Vec<Piece> = pieces(folder)?
        .into_iter()
        .filter(|piece| piece.number < number)
        .collect();
    for piece in &old {
        let path = path(folder, *piece);
        fs::remove_file(&path).map_err(named(&path))?;
    }
    Ok(old.len())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn no_flipped_byte_changes_a_piece_unseen() {
        let dir = tempfile::tempdir().unwrap();
        let piece = Piece { timeline: 1, number: 3 };
        let path = path(dir.path(), piece);
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        let bytes: Vec<u8> = (0..PIECE_BYTES)
            .map(|i| if i < 300 { (i * i) as u8 } else { 0 })
            .collect();
        encoder.write_all(&bytes).unwrap();
        let packed = encoder.finish().unwrap();
        fs::write(&path, &packed).unwrap();
        assert_eq!(fault(&path).unwrap(), None);
        assert_eq!(pieces(dir.path()).unwrap(), [piece]);
        // The ninth and tenth byte say how hard the packer tried and on what system; nothing rests on them.
        let step = packed.len() / 40;
        let spots = (0..8)
            .chain((10..packed.len()).step_by(step))
            .chain(packed.len() - 8..packed.len());
        let mut n_told = 0;
        for at in spots {
            let mut bad = packed.clone();
            bad[at] ^= 0x10;
            fs::write(&path, &bad).unwrap();
            let mut out = Vec::new();
            let told = unpacked(&path, &mut out).unwrap().is_err();
            // Among zeros a byte may be packed in two ways that unpack to the same: then nothing is damaged.
            assert!(told || out == bytes, "{at}");
            n_told += u32::from(told);
        }
        assert!(n_told >= 16, "{n_told}: head and check sum at the least");
        fs::write(&path, &packed[..packed.len() - 1]).unwrap();
        assert!(fault(&path).unwrap().is_some());
        fs::write(&path, [packed.as_slice(), b"x"].concat()).unwrap();
        assert!(fault(&path).unwrap().is_some());
        assert_eq!(remove_before(dir.path(), 3).unwrap(), 0);
        assert_eq!(remove_before(dir.path(), 4).unwrap(), 1);
    }
}
