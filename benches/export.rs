//! What it costs to give out a million markers in each format: time of one core, megabytes a second, and the greatest
//! memory, which must not grow with the number of records. `cargo bench --bench export`; a number behind `--` is that of
//! the records.

mod support;

use std::io::{self, Write};

use merestone::crs::Crs;
use merestone::domain::schema::{Type, marker};
use merestone::domain::text::Names;
use merestone::domain::value::Value;
use merestone::format::write::{Export, ExportFormat, Header, Outgoing};
use merestone::geom::shape::Geometry;
use support::{Dice, goal, peak_mb, reset_peak, timed};

/// Records, where the command does not say how many.
const RECORDS: i64 = 1_000_000;

/// Megabytes of memory that a stream may need beyond what the process had before it.
const STREAM_MB: f64 = 48.0;

/// Counts what is written and keeps nothing.
struct Counted<'a>(&'a mut u64);

impl Write for Counted<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        *self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn header() -> Option<Header> {
    Some(Header {
        schema: &marker::SCHEMA,
        fields: marker::SCHEMA.fields().collect(),
        title: "Markers".to_owned(),
        crs: Crs::lookup("OGC:CRS84").ok()?,
        epoch: None,
        version: "1".to_owned(),
        licence: "CC0-1.0".to_owned(),
        notice: Names::default(),
        more: Vec::new(),
        made_at: jiff::Timestamp::UNIX_EPOCH,
    })
}

/// The values of one marker, of which every third is missing, as in a register.
fn values(header: &Header, n: i64) -> Vec<Value> {
    let fields = header.fields.iter().zip(0_i64..);
    let value = |kind: Type, at: i64| match kind {
        _ if at > 0 && (n + at) % 3 == 0 => Value::Null,
        Type::Code(list) => list
            .words()
            .next()
            .map_or(Value::Null, |word| Value::Text(word.to_owned())),
        Type::Text | Type::Reference(_) => Value::Text(format!("界碑 {}", n % 10_000)),
        Type::Integer => Value::Integer(n),
        Type::Number => Value::Number(n as f64 / 7.0),
        Type::Flag => Value::Flag(n % 2 == 0),
        Type::Date => Value::Date(jiff::civil::date(1990, 5, 16)),
        Type::Time => Value::Time(jiff::Timestamp::UNIX_EPOCH),
        Type::Texts => Value::Texts(vec![n.to_string()]),
        Type::Document => Value::Document("{}".to_owned()),
    };
    fields.map(|(field, at)| value(field.kind, at)).collect()
}

fn feed(mut export: Export<'_>, header: &Header, records: i64) -> Option<u64> {
    // A hundred kinds of rows over and over, so that the rows themselves cost next to nothing.
    let rows: Vec<Vec<Value>> = (0..100).map(|n| values(header, n)).collect();
    let mut dice = Dice::new(7);
    for (n, row) in (0..records).zip(rows.iter().cycle()) {
        let geometry = Geometry::Point([dice.between(125.0, 135.0), dice.between(40.0, 49.0)]);
        export
            .feature(&Outgoing {
                feature_id: n,
                values: row,
                geometry: Some(&geometry),
            })
            .ok()?;
    }
    export.finish().ok()
}

/// Bytes written and records, to nowhere for a stream, else to a file that is taken away.
fn write(format: ExportFormat, records: i64) -> Option<u64> {
    let header = header()?;
    let mut bytes = 0;
    if format.is_stream() {
        let export = Export::to_stream(format, header.clone(), Counted(&mut bytes)).ok()?;
        feed(export, &header, records)?;
    } else {
        let file = tempfile::NamedTempFile::new().ok()?;
        let export = Export::to_file(format, header.clone(), file.path()).ok()?;
        feed(export, &header, records)?;
        bytes = file.as_file().metadata().ok()?.len();
    }
    Some(bytes)
}

fn main() {
    // Cargo adds words of its own.
    let asked = std::env::args().find_map(|word| word.parse().ok());
    let all = asked.unwrap_or(RECORDS).max(10);
    println!("{all} markers of {} fields", marker::SCHEMA.fields().count());
    println!("format      CPU s       MB     MB/s  us/record   memory MB  (a tenth of the records)");
    for format in ExportFormat::ALL {
        let mut memory = [0.0; 2];
        let mut result = (None, 0.0);
        for (records, memory) in [all / 10, all].into_iter().zip(&mut memory) {
            reset_peak();
            let before = peak_mb();
            result = timed(|| write(format, records));
            *memory = peak_mb() - before;
        }
        let (Some(bytes), seconds) = result else {
            println!("{:<10} FAILED", format.title());
            continue;
        };
        let megabytes = bytes as f64 / 1e6;
        let kept = if format.is_stream() {
            goal(memory[1], STREAM_MB)
        } else {
            ""
        };
        println!(
            "{:<10} {seconds:6.2} {megabytes:8.1} {:8.1} {:10.2} {:11.1}  ({:.1}) {kept}",
            format.title(),
            megabytes / seconds,
            1e6 * seconds / all as f64,
            memory[1],
            memory[0],
        );
    }
}
