//! The acts that are made here can be kept and looked at: set `MERESTONE_KEEP_DOCUMENTS` to a directory.

use std::sync::LazyLock;

use jiff::civil::date;

use super::act::act;
use super::map::{self, Drawing};
use super::model::*;
use super::typst::{Document, Fonts, pdf_a};
use super::words::{Words, number};
use crate::domain::finding::{CheckCode, Finding, Shape, Unit, Verdict};
use crate::domain::problem::{Code, Problem};
use crate::domain::text::{Lang, Message, Names};
use crate::unit::{Chainage, LonLat, Metres};

static FONTS: LazyLock<Result<Fonts, Problem>> = LazyLock::new(|| Fonts::load(&Fonts::default_dirs()));

fn fonts() -> &'static Fonts {
    FONTS.as_ref().expect("the fonts of fonts-noto-core and fonts-noto-cjk")
}

fn names(zh: &str, en: &str) -> Names {
    Names::default().with(Lang::Zh, zh).with(Lang::En, en)
}

fn four(zh: &str, en: &str, ru: &str, ko: &str) -> Names {
    names(zh, en).with(Lang::Ru, ru).with(Lang::Ko, ko)
}

fn metres(value: f64) -> Metres {
    Metres::new(value).unwrap()
}

fn point(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon, lat).unwrap()
}

/// Some 60 km eastward with bends of two sizes, at 42.5 N 168 W: a place in the open sea.
fn course(t: f64) -> LonLat {
    let lon = -168.36 + 0.72 * t;
    let lat = 42.5 + 0.055 * (t * 5.1).sin() + 0.012 * (t * 31.0).sin() + 0.003 * (t * 97.0).cos();
    point(lon, lat)
}

fn apart(a: LonLat, b: LonLat) -> f64 {
    let north = (b.lat.get() - a.lat.get()) * 111_070.0;
    let east = (b.lon.get() - a.lon.get()) * 111_320.0 * a.lat.get().to_radians().cos();
    north.hypot(east)
}

/// A boundary of 300 vertices in four sections, with as many markers as asked for.
struct Line {
    points: Vec<LonLat>,
    chainages: Vec<f64>,
}

const SECTIONS: [(&str, Character, usize); 4] = [
    ("S1", Character::Land, 95),
    ("S2", Character::River, 190),
    ("S3", Character::SharedWater, 215),
    ("S4", Character::Land, 299),
];

impl Line {
    fn new() -> Self {
        let points: Vec<LonLat> = (0..300).map(|i| course(f64::from(i) / 299.0)).collect();
        let mut chainages = vec![0.0];
        for pair in points.windows(2) {
            chainages.push(chainages.last().unwrap() + apart(pair[0], pair[1]));
        }
        Self { points, chainages }
    }

    fn length(&self) -> f64 {
        *self.chainages.last().unwrap()
    }

    fn at(&self, chainage: f64) -> (usize, LonLat) {
        let i = self.chainages.partition_point(|c| *c <= chainage).clamp(1, 299) - 1;
        let t = (chainage - self.chainages[i]) / (self.chainages[i + 1] - self.chainages[i]);
        let (a, b) = (self.points[i], self.points[i + 1]);
        let lon = a.lon.get() + (b.lon.get() - a.lon.get()) * t;
        (i, point(lon, a.lat.get() + (b.lat.get() - a.lat.get()) * t))
    }

    fn section(vertex: usize) -> &'static str {
        SECTIONS.iter().find(|(_, _, end)| vertex < *end).unwrap_or(&SECTIONS[3]).0
    }

    fn between(&self, from: f64, to: f64) -> Vec<LonLat> {
        let (a, b) = (self.at(from), self.at(to));
        let mut out = vec![a.1];
        out.extend(&self.points[a.0 + 1..=b.0]);
        out.push(b.1);
        out
    }
}

fn an_act(n_markers: u32) -> Act {
    let line = Line::new();
    let total = line.length();
    let markers: Vec<Marker> = (0..n_markers)
        .map(|i| {
            let chainage = total * (f64::from(i) + 0.3) / f64::from(n_markers);
            let (vertex, position) = line.at(chainage);
            let wave = (f64::from(i) * 1.7).sin() * 0.045;
            let deviation = if i == 22 { -0.381 } else if i % 19 == 7 { 0.098 } else { wave };
            let uncertainty = 0.031 + f64::from(i % 7) * 0.002;
            let section = Line::section(vertex);
            let paired = section == "S2" && i % 2 == 0;
            Marker {
                number: if i == 13 { "13/1".to_owned() } else { (i + 1).to_string() },
                element: u8::from(paired),
                section: section.to_owned(),
                position,
                chainage: Chainage::new(chainage).unwrap(),
                offset: Some(metres(if paired { 41.5 + deviation } else { deviation })),
                deviation: Some(metres(deviation)),
                uncertainty_95: Some(metres(uncertainty)),
                tolerance: Some(metres(0.12)),
                verdict: Some(Verdict::of(deviation, uncertainty, 0.12)),
                visit: Some(match i {
                    30..=32 => Visit::Missed,
                    _ if i % 11 == 4 => Visit::Passed,
                    _ => Visit::Visited,
                }),
                condition: Some(match i {
                    22 => Condition::DisplacedSuspected,
                    30..=32 => Condition::NotInspected,
                    _ if i % 13 == 5 => Condition::Weathered,
                    _ => Condition::Intact,
                }),
            }
        })
        .collect();
    let gap = |from: f64, to: f64, after: &str, before: &str| Gap {
        section: Line::section(line.at(from).0).to_owned(),
        from: Chainage::new(from).unwrap(),
        to: Chainage::new(to).unwrap(),
        length: metres(to - from),
        after: Some(after.to_owned()),
        before: Some(before.to_owned()),
        verdict: Some(Verdict::of(to - from, 12.0, 200.0)),
        line: line.between(from, to),
    };
    let gaps = vec![gap(15_210.4, 15_418.9, "14", "15"), gap(33_105.0, 36_890.2, "30", "34"), gap(58_020.7, 59_311.0, "55", "56")];
    let missing: f64 = gaps.iter().map(|g| g.length.get()).sum();
    let mut begin = 0;
    let titles = [
        four("北部山地段", "Northern ridge", "Северный хребет", "북부산지구간"),
        four("韦拉河段", "River Vera", "Река Вера", "베라강구간"),
        four("湖区段", "The lake", "Озеро", "호수구간"),
        four("东部丘陵段", "Eastern hills", "Восточные холмы", "동부구릉구간"),
    ];
    let sections: Vec<Section> = SECTIONS
        .iter()
        .zip(titles)
        .map(|((key, character, end), names)| {
            let length = line.chainages[*end] - line.chainages[begin];
            begin = *end;
            let inside: Vec<&Gap> = gaps.iter().filter(|g| g.section == *key).collect();
            let open: f64 = inside.iter().map(|g| g.length.get()).sum();
            Section {
                key: (*key).to_owned(),
                names,
                character: *character,
                length: metres(length),
                covered: Some(metres(length - open)),
                gaps: u32::try_from(inside.len()).unwrap(),
            }
        })
        .collect();
    assert!(missing > 0.0);
    let mut start = 0;
    let lines = SECTIONS
        .iter()
        .map(|(_, character, end)| {
            let piece = line.points[start..=*end].to_vec();
            start = *end;
            MapLine { character: *character, line: piece }
        })
        .collect();
    // A fix every 40 m or so, some metres off the line, except where there is a gap.
    let mut tracks = vec![Vec::new()];
    for i in 0..1500_u32 {
        let chainage = total * f64::from(i) / 1499.0;
        if gaps.iter().any(|g| (g.from.get()..g.to.get()).contains(&chainage)) {
            if tracks.last().is_some_and(|t| !t.is_empty()) {
                tracks.push(Vec::new());
            }
            continue;
        }
        let at = line.at(chainage).1;
        let off = 0.000_15 * (f64::from(i) * 0.7).sin();
        tracks.last_mut().unwrap().push(point(at.lon.get(), at.lat.get() + off));
    }
    let upload = |n: u8, file: &str, fixes: u64, from: &str, to: &str| Upload {
        receipt: format!("U-{n:06}"),
        file_name: file.to_owned(),
        sha256: [n.wrapping_mul(37); 32],
        fixes,
        first_time: Some(from.parse().unwrap()),
        last_time: Some(to.parse().unwrap()),
    };
    Act {
        number: "AV-2026-1".to_owned(),
        boundary: Boundary {
            key: "astrand-veyra".to_owned(),
            names: four("阿斯特兰—韦拉国界", "Astrand–Veyra", "Астранд — Вейра", "아스트란드-베이라"),
            notice: Some(four(
                "虚构边界，仅供演示，与任何真实国家无关。",
                "An invented border, for demonstration; no real state is meant.",
                "Вымышленная граница, для демонстрации; реальные государства не подразумеваются.",
                "시연용 가상 국경이며 실재하는 국가와 관계없음.",
            )),
            parties: [
                Party {
                    code: "AST".to_owned(),
                    names: four("阿斯特兰共和国", "Republic of Astrand", "Республика Астранд", "아스트란드공화국"),
                },
                Party {
                    code: "VEY".to_owned(),
                    names: four("韦拉王国", "Kingdom of Veyra", "Королевство Вейра", "베이라왕국"),
                },
            ],
            frame: "CGCS2000 (EPSG:4490), 2000.0".to_owned(),
        },
        inspection: Inspection {
            number: "2026-1".to_owned(),
            kind: Kind::Joint,
            names: four("2026年度联合检查", "Joint inspection of 2026", "Совместная проверка 2026 года", "2026년 련합검사"),
            starts: Some(date(2026, 9, 7)),
            ends: Some(date(2026, 9, 19)),
            route: Some("R1".to_owned()),
        },
        place: four("韦拉港", "Port Veyra", "Порт-Вейра", "베이라항"),
        date: Some(date(2026, 9, 21)),
        teams: vec![
            Team {
                party: "AST".to_owned(),
                name: four("第一联合检查组", "Joint team 1, Astrand side", "Совместная группа 1", "제1련합검사조"),
                leader: four("林若川", "Lin Ruochuan", "Линь Жочуань", "림약천"),
                members: 6,
            },
            Team {
                party: "VEY".to_owned(),
                name: four("第一联合检查组（韦拉方）", "Joint team 1, Veyra side", "Совместная группа 1, сторона Вейры", "제1련합검사조 베이라측"),
                leader: four("艾琳·沃斯", "Eileen Voss", "Эйлин Восс", "에일린 보스"),
                members: 5,
            },
        ],
        uploads: vec![
            upload(12, "2026-09-08_team1_S1.gpx", 14_220, "2026-09-08T01:12:09Z", "2026-09-08T08:40:51Z"),
            upload(13, "韦拉河段_20260911.gpx", 21_874, "2026-09-11T00:58:30Z", "2026-09-11T09:15:02Z"),
            upload(14, "Track_2026-09-12 lake and eastern hills part 1.gpx", 9_031, "2026-09-12T02:00:00Z", "2026-09-12T07:21:44Z"),
            upload(15, "R1-east-final_export_from_receiver_0042_corrected.nmea", 30_412, "2026-09-15T00:30:00Z", "2026-09-16T10:05:09Z"),
        ],
        coverage: Some(Coverage { route: None, buffer: metres(25.0), assumed_accuracy: true }),
        sections,
        gaps,
        markers,
        findings: vec![Finding {
            check: CheckCode::C14,
            verdict: Verdict::Fail,
            subjects: vec!["14".to_owned()],
            measured: Some(1.0),
            unit: Unit::Count,
            uncertainty_95: None,
            tolerance: Some(0.0),
            tolerance_source: "default".to_owned(),
            message: Message::new("Number 14 is missing between 13/1 and 15.", "13/1号与15号之间缺少14号。"),
            shape: Shape::Nowhere,
            details: Vec::new(),
        }],
        remarks: vec![
            Remark {
                party: None,
                text: names(
                    "34号界标以西约3.8 km因洪水未能到达，双方商定于2026年10月补测。",
                    "Some 3.8 km west of marker 34 could not be reached because of high water; both sides agree to survey it in October 2026.",
                ),
            },
            Remark {
                party: Some("VEY".to_owned()),
                text: Names::default().with(Lang::En, "Marker 23 stands on ground that slides; we ask for a joint survey before the winter."),
            },
        ],
        signatories: vec![
            Signatory {
                party: "AST".to_owned(),
                name: four("周明远", "Zhou Mingyuan", "Чжоу Минъюань", "주명원"),
                office: four("边界代表", "Boundary representative", "Пограничный представитель", "국경대표"),
            },
            Signatory { party: "VEY".to_owned(), name: Names::default(), office: Names::default() },
        ],
        map: Map {
            lines,
            tracks,
            ports: vec![Place { names: four("韦拉口岸", "Veyra Crossing", "Вейра", "베이라"), position: course(0.71) }],
            towns: vec![
                Place { names: four("新镇", "Newtown", "Новый", "신진"), position: point(-168.2, 42.62) },
                Place { names: four("南湖", "Southmere", "Южное", "남호"), position: point(-167.98, 42.40) },
            ],
        },
        snapshot: "2026-09-20T06:30:00Z".parse().unwrap(),
        software: "Merestone 0.1.0".to_owned(),
    }
}

fn an_empty_act() -> Act {
    let mut act = an_act(0);
    act.uploads.clear();
    act.coverage = None;
    act.gaps.clear();
    act.findings.clear();
    act.remarks.clear();
    act.signatories.clear();
    act.teams.clear();
    act.map.tracks.clear();
    act.date = None;
    act.place = Names::default();
    for section in &mut act.sections {
        section.covered = None;
        section.gaps = 0;
    }
    act
}

/// Sets an act and keeps it where the environment asks for it.
fn made(name: &str, model: &Act, languages: [Lang; 2]) -> Vec<u8> {
    let bytes = act(model, languages, fonts()).unwrap_or_else(|problem| panic!("{name}: {problem}"));
    if let Some(dir) = std::env::var_os("MERESTONE_KEEP_DOCUMENTS") {
        std::fs::write(std::path::Path::new(&dir).join(format!("{name}.pdf")), &bytes).unwrap();
    }
    bytes
}

const ZH_EN: [Lang; 2] = [Lang::Zh, Lang::En];

#[test]
fn an_act_of_sixty_markers_is_pdf_a() {
    let bytes = made("act-zh-en", &an_act(60), ZH_EN);
    assert!(bytes.starts_with(b"%PDF-1.7"));
}
