//! The acts that are made here can be kept and looked at: set `MERESTONE_KEEP_DOCUMENTS` to a directory.

use std::sync::LazyLock;

use jiff::civil::date;
use proptest::prelude::*;

use super::act::act;
use super::map::projection::{Projection, turn};
use super::map::{self, Drawing};
use super::model::*;
use super::typst::{Document, Fonts, pdf_a};
use super::words::{Words, number};
use crate::domain::finding::{CheckCode, Finding, Shape, Unit, Verdict};
use crate::domain::inspection::InspectionKind;
use crate::domain::marker::Condition;
use crate::domain::problem::{Code, Problem};
use crate::domain::section::Character;
use crate::domain::text::{Lang, Message, Names, hex};
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
        SECTIONS
            .iter()
            .find(|(_, _, end)| vertex < *end)
            .unwrap_or(&SECTIONS[3])
            .0
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
            let deviation = if i == 22 {
                -0.381
            } else if i % 19 == 7 {
                0.098
            } else {
                wave
            };
            let uncertainty = 0.031 + f64::from(i % 7) * 0.002;
            let section = Line::section(vertex);
            let paired = section == "S2" && i % 2 == 0;
            Marker {
                number: if i == 13 {
                    "13/1".to_owned()
                } else {
                    (i + 1).to_string()
                },
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
    let gaps = vec![
        gap(15_210.4, 15_418.9, "14", "15"),
        gap(33_105.0, 36_890.2, "30", "34"),
        gap(58_020.7, 59_311.0, "55", "56"),
    ];
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
            MapLine {
                character: *character,
                line: piece,
            }
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
            names: four(
                "阿斯特兰—韦拉国界",
                "Astrand–Veyra Boundary",
                "Астранд — Вейра",
                "아스트란드-베이라",
            ),
            notice: Some(four(
                "虚构边界，仅供演示，与任何真实国家无关。",
                "An invented border, for demonstration; no real state is meant.",
                "Вымышленная граница, для демонстрации; реальные государства не подразумеваются.",
                "시연용 가상 국경이며 실재하는 국가와 관계없음.",
            )),
            parties: [
                Party {
                    code: "AST".to_owned(),
                    names: four("阿斯特兰", "Astrand", "Астранд", "아스트란드"),
                },
                Party {
                    code: "VEY".to_owned(),
                    names: four("韦拉", "Veyra", "Вейра", "베이라"),
                },
            ],
            frame: "CGCS2000 (EPSG:4490), 2000.0".to_owned(),
        },
        inspection: Inspection {
            number: "2026-1".to_owned(),
            kind: InspectionKind::Joint,
            names: four(
                "2026年度联合检查",
                "Joint inspection of 2026",
                "Совместная проверка 2026 года",
                "2026년 련합검사",
            ),
            starts: Some(date(2026, 9, 7)),
            ends: Some(date(2026, 9, 19)),
            route: Some("R1".to_owned()),
        },
        place: four("韦拉港", "Port Veyra", "Порт-Вейра", "베이라항"),
        date: Some(date(2026, 9, 21)),
        teams: vec![
            Team {
                party: "AST".to_owned(),
                name: four(
                    "第一联合检查组",
                    "Joint team 1, Astrand side",
                    "Совместная группа 1",
                    "제1련합검사조",
                ),
                leader: four("林若川", "Lin Ruochuan", "Линь Жочуань", "림약천"),
                members: 6,
            },
            Team {
                party: "VEY".to_owned(),
                name: four(
                    "第一联合检查组（韦拉方）",
                    "Joint team 1, Veyra side",
                    "Совместная группа 1, сторона Вейры",
                    "제1련합검사조 베이라측",
                ),
                leader: four("艾琳·沃斯", "Eileen Voss", "Эйлин Восс", "에일린 보스"),
                members: 5,
            },
        ],
        uploads: vec![
            upload(
                12,
                "2026-09-08_team1_S1.gpx",
                14_220,
                "2026-09-08T01:12:09Z",
                "2026-09-08T08:40:51Z",
            ),
            upload(
                13,
                "韦拉河段_20260911.gpx",
                21_874,
                "2026-09-11T00:58:30Z",
                "2026-09-11T09:15:02Z",
            ),
            upload(
                14,
                "Track_2026-09-12 lake and eastern hills part 1.gpx",
                9_031,
                "2026-09-12T02:00:00Z",
                "2026-09-12T07:21:44Z",
            ),
            upload(
                15,
                "R1-east-final_export_from_receiver_0042_corrected.nmea",
                30_412,
                "2026-09-15T00:30:00Z",
                "2026-09-16T10:05:09Z",
            ),
        ],
        coverage: Some(Coverage {
            route: None,
            buffer: metres(25.0),
            assumed_accuracy: true,
        }),
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
            message: Message::new(
                "Number 14 is missing between 13/1 and 15.",
                "13/1号与15号之间缺少14号。",
            ),
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
                text: Names::default().with(
                    Lang::En,
                    "Marker 23 stands on ground that slides; we ask for a joint survey before the winter.",
                ),
            },
        ],
        signatories: vec![
            Signatory {
                party: "AST".to_owned(),
                name: four("周明远", "Zhou Mingyuan", "Чжоу Минъюань", "주명원"),
                office: four(
                    "边界代表",
                    "Boundary representative",
                    "Пограничный представитель",
                    "국경대표",
                ),
            },
            Signatory {
                party: "VEY".to_owned(),
                name: Names::default(),
                office: Names::default(),
            },
        ],
        map: Map {
            lines,
            tracks,
            ports: vec![Place {
                names: four("韦拉口岸", "Veyra Crossing", "Вейра", "베이라"),
                position: course(0.71),
            }],
            towns: vec![
                Place {
                    names: four("新镇", "Newtown", "Новый", "신진"),
                    position: point(-168.2, 42.62),
                },
                Place {
                    names: four("南湖", "Southmere", "Южное", "남호"),
                    position: point(-167.98, 42.40),
                },
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

/// The text of a PDF, by the tool of the poppler-utils package, or nothing where that is not installed.
fn text_of(bytes: &[u8]) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("act.pdf");
    std::fs::write(&path, bytes).unwrap();
    let out = std::process::Command::new("pdftotext")
        .arg("-layout")
        .arg(&path)
        .arg("-")
        .output()
        .ok()?;
    assert!(out.status.success());
    Some(String::from_utf8(out.stdout).unwrap())
}

fn holds(bytes: &[u8], wanted: &[&str]) {
    let Some(text) = text_of(bytes) else { return };
    for wanted in wanted {
        assert!(text.contains(wanted), "{wanted} is not in the document:\n{text}");
    }
}

/// How often a name of the PDF's own language occurs outside compressed streams.
fn count(bytes: &[u8], what: &str) -> usize {
    bytes.windows(what.len()).filter(|w| *w == what.as_bytes()).count()
}

#[test]
fn an_act_of_sixty_markers_is_pdf_a() {
    let bytes = made("act-zh-en", &an_act(60), ZH_EN);
    assert!(bytes.starts_with(b"%PDF-1.7"));
    assert_eq!(count(&bytes, "<pdfaid:part>2</pdfaid:part>"), 1);
    assert_eq!(count(&bytes, "<pdfaid:conformance>A</pdfaid:conformance>"), 1);
    // Date, offset, verdict in both languages, gap, evidence, hash, parity clause.
    let hash = &hex(&an_act(60).content_hash())[..16];
    let wanted = [
        "2026 年 9 月 7 日至 19 日",
        "7–19 September 2026",
        "−0.381",
        "不合格 fail",
        "between markers 30 and 34",
    ];
    holds(&bytes, &wanted);
    holds(
        &bytes,
        &[
            "U-000015",
            hash,
            "2026-09-20 06:30:00",
            "Page 2 of ",
            "两种文本同等",
            "equally authentic",
            "1 : 300 000",
        ],
    );
}

#[test]
fn a_long_notice_stands_in_full_on_the_first_page() {
    let mut model = an_act(2);
    let source = "Source: the published register of the commission, under its licence; ".repeat(4) + "LASTWORD";
    model.boundary.notice = Some(names("来源：委员会公布的登记资料。", &source));
    let bytes = made("act-notice", &model, ZH_EN);
    holds(&bytes, &["LASTWORD", "来源：委员会公布的登记资料。"]);
}

#[test]
fn signatures_never_stand_alone_on_a_page() {
    for n in [0, 1, 2, 20, 50] {
        let mut model = an_act(60);
        let remark = model.remarks[0].clone();
        model.remarks = vec![remark; n];
        let Some(text) = text_of(&act(&model, ZH_EN, fonts()).unwrap()) else {
            return;
        };
        let page = text
            .split('\u{c}')
            .find(|page| page.contains("Texts and signatures"))
            .unwrap();
        let part = if n == 0 { "9. Remarks" } else { "October 2026" };
        assert!(
            page.contains(part) && page.contains("For Veyra"),
            "{n} remarks:\n{page}"
        );
    }
    let mut model = an_act(3);
    model.remarks[1].text = names(&"长".repeat(6000), &"long ".repeat(4000));
    assert!(text_of(&made("act-long-remark", &model, ZH_EN)).is_none_or(|text| text.contains("For Veyra")));
}

#[test]
fn a_control_inspection_is_signed_by_those_who_made_it() {
    let mut model = an_act(2);
    model.inspection.kind = InspectionKind::Control;
    model.teams.truncate(1);
    model.signatories.truncate(1);
    let bytes = made("act-control", &model, ZH_EN);
    holds(&bytes, &["例行检查记录", "Control Inspection Act", "For Astrand"]);
    if let Some(text) = text_of(&bytes) {
        assert!(!text.contains("For Veyra"));
    }
}

#[test]
fn every_pair_of_languages_has_its_act() {
    for (name, other, wanted) in [
        ("act-zh-ru", Lang::Ru, "7–19 сентября 2026 г."),
        ("act-zh-ko", Lang::Ko, "2026년 9월 7일부터 19일까지"),
    ] {
        holds(
            &made(name, &an_act(60), [Lang::Zh, other]),
            &[wanted, "2026 年 9 月 7 日至 19 日"],
        );
    }
    let same = act(&an_act(1), [Lang::En, Lang::En], fonts());
    assert_eq!(same.unwrap_err().code, Code::ParameterInvalid);
}

#[test]
fn an_act_before_anything_was_uploaded() {
    let bytes = made("act-empty", &an_empty_act(), ZH_EN);
    holds(
        &bytes,
        &[
            "尚未提交观测文件",
            "No survey file has been handed in yet",
            "未评定",
            "There is no marker",
            "无",
            "None",
        ],
    );
    let mut covered = an_act(5);
    covered.gaps.clear();
    holds(
        &made("act-no-gaps", &covered, ZH_EN),
        &["全部线段均已覆盖", "Every stretch is covered"],
    );
}

#[test]
fn an_act_without_geometry_has_no_map() {
    let mut model = an_empty_act();
    model.map = Map::default();
    assert_eq!(map::draw(&model, ZH_EN), None);
    let bytes = made("act-no-map", &model, ZH_EN);
    if let Some(text) = text_of(&bytes) {
        assert!(!text.contains("Annex"));
    }
}

#[test]
fn the_head_of_the_marker_table_is_on_each_of_its_pages() {
    let bytes = made("act-450", &an_act(450), ZH_EN);
    let Some(text) = text_of(&bytes) else { return };
    let pages: Vec<&str> = text.split('\u{c}').collect();
    let with_markers = pages.iter().filter(|page| page.contains("已到访 visited")).count();
    assert!(with_markers >= 8, "{with_markers}");
    for page in pages.iter().filter(|page| page.contains("已到访 visited")) {
        assert!(page.contains("Uncert. / m") && page.contains("AV-2026-1") && page.contains("An invented border"));
    }
}

#[test]
fn what_users_wrote_is_never_markup() {
    let nasty = [
        "#import \"@preview/x:1.0.0\"",
        "#panic()",
        "<script>alert(1)</script>",
        "$x^2$ *bold* _it_ `raw` = head",
        "@label <label> \\ #{1+1} // gone",
        "/* gone */ https://example.org \"]}",
        "&lt;svg onload=1&gt;",
    ];
    let mut model = an_act(nasty.len() as u32);
    for (marker, text) in model.markers.iter_mut().zip(nasty) {
        marker.number = text.to_owned();
    }
    let long = "界".repeat(400) + &"x".repeat(900);
    model.teams[0].name = names(nasty[2], nasty[3]);
    model.teams[1].leader = names(&long, &long);
    model.boundary.names = names(nasty[0], &"Very long name of a boundary ".repeat(30));
    model.boundary.parties[0].names = names(nasty[4], nasty[6]);
    model.number = "#".repeat(200);
    model.uploads[0].file_name = nasty[5].to_owned();
    model.remarks[0].text = names("#image(\"/etc/passwd\")\n\n#read(\"data.json\")\t换行", nasty[1]);
    model.map.ports[0].names = names(nasty[2], nasty[0]);
    let bytes = made("act-hostile", &model, ZH_EN);
    holds(
        &bytes,
        &[
            "#panic()",
            "<script>",
            "*bold*",
            "#{1+1} // gone",
            "#image(\"/etc/passwd\")",
            "&lt;svg",
            "@preview/x:1.0.0",
        ],
    );
}

fn refused(change: impl FnOnce(&mut Act)) -> Problem {
    let mut model = an_act(3);
    change(&mut model);
    act(&model, ZH_EN, fonts()).unwrap_err()
}

#[test]
fn a_character_without_a_glyph_is_named_with_its_place() {
    let problem = refused(|m| m.remarks[0].text = names("完好 😀", "fine"));
    assert_eq!(problem.code, Code::GlyphMissing);
    assert_eq!(
        problem.detail.en,
        "The fonts of the documents have no glyph for “😀” (U+1F600), which stands in remarks[0].text.zh."
    );
    let problem = refused(|m| {
        m.teams[1].leader = names("阿里", "علي");
        m.uploads[0].file_name = "a\u{202e}gpx.b".to_owned();
    });
    let at: Vec<&str> = problem.mistakes.iter().map(|m| m.at.as_str()).collect();
    assert_eq!(
        at,
        [
            "teams[1].leader.en",
            "teams[1].leader.en",
            "teams[1].leader.en",
            "uploads[0].file_name"
        ]
    );
    // A mark that turns the direction of the text is named by its number only.
    assert_eq!(problem.mistakes[3].detail.en, "no glyph for U+202E");
}

#[test]
fn a_name_that_is_missing_in_a_language_is_named() {
    let problem = refused(|m| m.boundary.names = Names::default().with(Lang::Zh, "国界"));
    assert_eq!(problem.code, Code::NotAcceptable);
    assert!(problem.detail.en.contains("the name of the boundary"), "{problem}");
}

#[test]
fn missing_fonts_name_the_packages_to_install() {
    let dir = tempfile::tempdir().unwrap();
    let problem = Fonts::load(&[dir.path().to_owned()]).unwrap_err();
    assert_eq!((problem.code, problem.mistakes.len()), (Code::Unavailable, 4));
    std::fs::write(dir.path().join("NotoSans-Bold.ttf"), b"no font").unwrap();
    let problem = Fonts::load(&[dir.path().to_owned()]).unwrap_err().to_string();
    for part in [
        "fonts-noto-cjk",
        "fonts-noto-core",
        "NotoSansCJK-Bold.ttc",
        "NotoSans-Bold.ttf: is damaged",
    ] {
        assert!(problem.contains(part), "{problem}");
    }
}

#[test]
fn a_document_sees_no_file_but_its_own() {
    let set = |template: &'static str| {
        let document = Document {
            template,
            files: [("own.txt".to_owned(), b"own".to_vec())].into(),
            time: an_act(0).snapshot,
            ident: "x".to_owned(),
            creator: "x".to_owned(),
        };
        pdf_a(document, fonts())
    };
    set("#set document(title: \"t\"); #set text(font: \"Noto Sans\"); #read(\"own.txt\")").unwrap();
    for template in [
        "#read(\"/etc/passwd\")",
        "#read(\"other.txt\")",
        "#import \"@preview/cetz:0.3.0\"",
        "#include \"own.typ\"",
        "#image(\"/map.svg\")",
    ] {
        let problem = set(template).unwrap_err();
        assert!(problem.detail.en.contains("denied"), "{template}: {problem}");
    }
}

/// The bytes depend on nothing but the model: not on the order of threads, the process or the time.
#[test]
fn the_same_model_gives_the_same_bytes() {
    let model = an_act(60);
    let once = act(&model, ZH_EN, fonts()).unwrap();
    typst::comemo::evict(0);
    let twice = std::thread::spawn(|| act(&an_act(60), ZH_EN, fonts()).unwrap())
        .join()
        .unwrap();
    assert!(once == twice);
    let mut other = model;
    other.markers[3].deviation = Some(metres(0.045_000_000_000_000_01));
    let changed = act(&other, ZH_EN, fonts()).unwrap();
    assert_ne!(hex(&other.content_hash()), hex(&an_act(60).content_hash()));
    assert!(once != changed);
}

#[test]
fn a_run_of_another_process_gives_the_same_bytes() {
    const NAME: &str = "MERESTONE_TEST_ACT_HASH";
    let digest = || {
        use sha2::Digest as _;
        hex(&sha2::Sha256::digest(act(&an_act(60), ZH_EN, fonts()).unwrap()))
    };
    if let Some(path) = std::env::var_os(NAME) {
        std::fs::write(path, digest()).unwrap();
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("hash");
    let status = std::process::Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "report::tests::a_run_of_another_process_gives_the_same_bytes",
        ])
        .env(NAME, &path)
        .env("TZ", "Asia/Shanghai")
        .env("LANG", "zh_CN.UTF-8")
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    assert_eq!(std::fs::read_to_string(path).unwrap(), digest());
}

// ---- the canonical form ----

#[test]
fn the_canonical_form_is_as_documented() {
    let mut model = an_empty_act();
    model.map = Map::default();
    model.sections.clear();
    model.remarks = vec![Remark {
        party: Some("AST".to_owned()),
        text: names("一\t二\\\n三", "x"),
    }];
    model.markers = vec![Marker {
        number: "7/1".to_owned(),
        element: 2,
        section: "S1".to_owned(),
        position: point(-168.25, 42.5),
        chainage: Chainage::new(1e-7).unwrap(),
        offset: Some(metres(-0.0)),
        deviation: None,
        uncertainty_95: Some(metres(0.1)),
        tolerance: None,
        verdict: Some(Verdict::Pass),
        visit: None,
        condition: Some(Condition::Intact),
    }];
    insta::assert_snapshot!(model.canonical(), @r#"
    merestone inspection act 1
    number	AV-2026-1
    boundary.key	astrand-veyra
    boundary.names.zh	阿斯特兰—韦拉国界
    boundary.names.en	Astrand–Veyra Boundary
    boundary.names.ru	Астранд — Вейра
    boundary.names.ko	아스트란드-베이라
    boundary.notice.zh	虚构边界，仅供演示，与任何真实国家无关。
    boundary.notice.en	An invented border, for demonstration; no real state is meant.
    boundary.notice.ru	Вымышленная граница, для демонстрации; реальные государства не подразумеваются.
    boundary.notice.ko	시연용 가상 국경이며 실재하는 국가와 관계없음.
    boundary.parties.count	2
    boundary.parties[0].code	AST
    boundary.parties[0].names.zh	阿斯特兰
    boundary.parties[0].names.en	Astrand
    boundary.parties[0].names.ru	Астранд
    boundary.parties[0].names.ko	아스트란드
    boundary.parties[1].code	VEY
    boundary.parties[1].names.zh	韦拉
    boundary.parties[1].names.en	Veyra
    boundary.parties[1].names.ru	Вейра
    boundary.parties[1].names.ko	베이라
    boundary.frame	CGCS2000 (EPSG:4490), 2000.0
    inspection.number	2026-1
    inspection.kind	joint
    inspection.names.zh	2026年度联合检查
    inspection.names.en	Joint inspection of 2026
    inspection.names.ru	Совместная проверка 2026 года
    inspection.names.ko	2026년 련합검사
    inspection.starts	2026-09-07
    inspection.ends	2026-09-19
    inspection.route	R1
    teams.count	0
    uploads.count	0
    sections.count	0
    gaps.count	0
    markers.count	1
    markers[0].number	7/1
    markers[0].element	2
    markers[0].section	S1
    markers[0].position	-168.25,42.5
    markers[0].chainage_m	0.0000001
    markers[0].offset_m	0
    markers[0].uncertainty_95_m	0.1
    markers[0].verdict	pass
    markers[0].condition	intact
    findings.count	0
    remarks.count	1
    remarks[0].party	AST
    remarks[0].text.zh	一\t二\\\n三
    remarks[0].text.en	x
    signatories.count	0
    map.lines.count	0
    map.tracks.count	0
    map.ports.count	0
    map.towns.count	0
    snapshot	2026-09-20T06:30:00Z
    software	Merestone 0.1.0
    "#);
}

#[test]
fn a_label_tells_the_element() {
    let mut marker = an_act(1).markers.remove(0);
    assert_eq!(marker.label(), "1");
    marker.element = 2;
    assert_eq!(marker.label(), "1(2)");
}

// ---- words ----

#[test]
fn every_word_is_there_in_every_language() {
    let words = Words::get().unwrap();
    assert!(words.codes().count() > 100);
    for code in words.codes() {
        for lang in Lang::ALL {
            let text = words.term(code, lang).unwrap();
            // The blanks of a sentence are the same in each language.
            for blank in ["{a}", "{b}", "{c}"] {
                let english = words.term(code, Lang::En).unwrap();
                assert_eq!(text.contains(blank), english.contains(blank), "{code} {lang:?}");
            }
            assert!(text.chars().all(|c| fonts().covers(c)), "{code} {lang:?}");
        }
    }
    let codes = Verdict::ALL.map(|v| format!("verdict_{}", v.word()));
    let of = |kind: &str, words: &mut dyn Iterator<Item = &'static str>| {
        words.map(|word| format!("{kind}_{word}")).collect::<Vec<_>>()
    };
    let checks = CheckCode::ALL.map(|c| format!("check_{}", c.word()));
    let conditions = of("condition", &mut Condition::ALL.iter().map(|c| c.word()));
    let others = of("character", &mut Character::ALL.iter().map(|c| c.word()));
    let visits = Visit::ALL.map(|v| format!("visit_{}", v.word()));
    for code in codes
        .iter()
        .chain(&checks)
        .chain(&conditions)
        .chain(&others)
        .chain(&visits)
    {
        assert!(words.term(code, Lang::Ko).is_ok(), "{code}");
    }
    assert_eq!(
        words.term("no_such_word", Lang::Zh).unwrap_err().code,
        Code::NotAcceptable
    );
}

/// The act and the viewer call things by the same names.
#[test]
fn codes_are_named_as_in_the_code_lists() {
    let lists: toml::Table = toml::from_str(include_str!("../../data/reference/codes.toml")).unwrap();
    let words = Words::get().unwrap();
    let check = |key: &str, prefix: &str, langs: &[Lang], wanted: Vec<&str>| {
        let list = lists["list"]
            .as_array()
            .unwrap()
            .iter()
            .find(|l| l["key"].as_str() == Some(key))
            .unwrap();
        for code in wanted {
            let entry = list["codes"]
                .as_array()
                .unwrap()
                .iter()
                .find(|e| e["code"].as_str() == Some(code))
                .unwrap();
            for lang in langs {
                let said = words.term(&format!("{prefix}_{code}"), *lang).unwrap();
                assert_eq!(said, entry[lang.code()].as_str().unwrap());
            }
        }
    };
    check(
        "marker_condition",
        "condition",
        &ZH_EN,
        Condition::ALL.iter().map(|c| c.word()).collect(),
    );
    check(
        "section_character",
        "character",
        &ZH_EN,
        Character::ALL.iter().map(|c| c.word()).collect(),
    );
    check(
        "verdict",
        "verdict",
        &ZH_EN,
        Verdict::ALL.iter().map(|v| v.word()).collect(),
    );
    // English is shorter in the table than in the list: passed, for passed without a stop.
    check(
        "visit",
        "visit",
        &[Lang::Zh],
        Visit::ALL.iter().map(|v| v.word()).collect(),
    );
}

#[test]
fn blanks_are_filled_once() {
    let words = Words::get().unwrap();
    let filled = words.filled("g_between", Lang::En, &["{b}", "x"]).unwrap();
    assert_eq!(filled, "between markers {b} and x");
}

#[test]
fn a_period_says_what_is_shared_once() {
    let words = Words::get().unwrap();
    let check = |from, to, lang, expect: &str| assert_eq!(words.period(from, to, lang).unwrap(), expect);
    let (a, b, c, d) = (date(2026, 9, 7), date(2026, 9, 19), date(2026, 10, 3), date(2027, 1, 5));
    check(a, b, Lang::Zh, "2026年9月7日至19日");
    check(a, c, Lang::Zh, "2026年9月7日至10月3日");
    check(a, d, Lang::Zh, "2026年9月7日至2027年1月5日");
    check(a, b, Lang::En, "7–19\u{a0}September\u{a0}2026");
    check(a, c, Lang::En, "7\u{a0}September to 3\u{a0}October 2026");
    check(a, c, Lang::Ru, "с 7\u{a0}сентября по 3\u{a0}октября 2026\u{a0}г.");
    check(a, c, Lang::Ko, "2026년 9월 7일부터 10월 3일까지");
}

#[test]
fn numbers_do_not_break_and_have_a_true_minus() {
    assert_eq!(number(1_234_567.891, 1), "1\u{202f}234\u{202f}567.9");
    assert_eq!(number(-0.381, 3), "\u{2212}0.381");
    assert_eq!(number(-0.000_4, 3), "0.000");
    assert_eq!(number(999.0, 0), "999");
}

// ---- the map ----

fn drawing(model: &Act) -> Drawing {
    map::draw(model, ZH_EN).unwrap()
}

#[test]
fn the_projection_agrees_with_snyder() {
    // USGS Professional Paper 1395, page 333: Clarke 1866, centre 40 N 100 W, point 30 N 110 W.
    let clarke = Projection::on(6_378_206.4, 0.006_768_66, point(-100.0, 40.0));
    let [x, y] = clarke.forward(point(-110.0, 30.0));
    assert!((x + 965_932.1).abs() < 0.1 && (y + 1_056_814.9).abs() < 0.1, "{x} {y}");
}

proptest! {
    /// Within 5 mm, where Snyder's series for the latitude ends.
    #[test]
    fn the_projection_comes_back(lon0 in -180.0..180.0, lat0 in -89.0..89.0, dlon in -20.0..20.0, lat in -85.0..85.0) {
        let projection = Projection::new(point(lon0, lat0));
        let there = point(turn(lon0 + dlon), lat);
        let back = projection.inverse(projection.forward(there));
        prop_assert!((back.lat.get() - lat).abs() < 5e-8, "{} {}", back.lat.get(), lat);
        prop_assert!(turn(back.lon.get() - there.lon.get()).abs() < 5e-8);
    }
}

/// A small square anywhere has its true area, by the radii of curvature of the ellipsoid.
#[test]
fn the_projection_keeps_areas() {
    const E2: f64 = 0.006_694_380_022_90;
    let projection = Projection::new(point(-168.0, 42.5));
    for (lon, lat) in [(-168.0, 42.5), (-160.0, 50.0), (-175.0, 20.0)] {
        let d = 0.001;
        let corners = [(-d, -d), (d, -d), (d, d), (-d, d)].map(|(x, y)| projection.forward(point(lon + x, lat + y)));
        let drawn: f64 = (0..4)
            .map(|i| corners[i][0] * corners[(i + 1) % 4][1] - corners[(i + 1) % 4][0] * corners[i][1])
            .sum::<f64>()
            / 2.0;
        let phi = f64::to_radians(lat);
        let w = 1.0 - E2 * phi.sin().powi(2);
        let side = f64::to_radians(2.0 * d) * 6_378_137.0;
        let true_area = side * (1.0 - E2) / w.powf(1.5) * side * phi.cos() / w.sqrt();
        assert!((drawn / true_area - 1.0).abs() < 1e-6, "{drawn} {true_area}");
    }
}

#[test]
fn the_map_is_at_a_round_scale_and_says_so() {
    let drawing = drawing(&an_act(60));
    assert_eq!((drawing.scale, drawing.landscape), (300_000.0, true));
    // 59 km of longitude at 42.5 N are 197 mm at this scale.
    let symbols: Vec<f64> = labels(&drawing, "1")
        .chain(labels(&drawing, "60"))
        .map(|l| l.x)
        .collect();
    assert!((symbols[1] - symbols[0] - 197.0).abs() < 6.0, "{symbols:?}");
    assert_eq!(
        (drawing.bar.part_value, drawing.bar.unit, drawing.bar.parts),
        (2.0, "km", 5)
    );
    assert!((drawing.bar.part_mm - 2000.0 * 1000.0 / 300_000.0).abs() < 1e-9);
}

fn labels<'d>(drawing: &'d Drawing, text: &str) -> impl Iterator<Item = &'d map::Label> {
    drawing
        .labels
        .iter()
        .filter(move |l| l.lines.iter().any(|(_, t)| t == text))
}

#[test]
fn each_side_is_named_on_its_own_side() {
    let model = an_act(60);
    let drawing = drawing(&model);
    // The line runs east, so its left is north: higher up on paper.
    let left = labels(&drawing, "Astrand").next().unwrap().y;
    let right = labels(&drawing, "Veyra").next().unwrap().y;
    assert!(left < right, "{left} {right}");
    let mut turned = model;
    turned.boundary.parties.reverse();
    let drawing = map::draw(&turned, ZH_EN).unwrap();
    assert!(labels(&drawing, "Veyra").next().unwrap().y < labels(&drawing, "Astrand").next().unwrap().y);
}

#[test]
fn marker_numbers_decline_gracefully() {
    let marker_labels = |d: &Drawing| {
        d.labels
            .iter()
            .filter(|l| l.style == map::Style::Marker)
            .cloned()
            .collect::<Vec<_>>()
    };
    let few = drawing(&an_act(60));
    assert!(marker_labels(&few).len() >= 57 && marker_labels(&few).len() <= 60);
    let many = drawing(&an_act(450));
    let kept = marker_labels(&many);
    assert!(many.thinned && kept.len() > 30 && kept.len() < 120, "{}", kept.len());
    // None over another: a digit is 1.1 mm wide and 2 mm high.
    for (at, a) in kept.iter().enumerate() {
        for b in &kept[at + 1..] {
            let width = (a.lines[0].1.len() + b.lines[0].1.len()) as f64 * 1.1 / 2.0;
            assert!((a.x - b.x).abs() > width || (a.y - b.y).abs() > 2.0, "{a:?} {b:?}");
        }
    }
}

#[test]
fn registers_that_write_words_before_numbers() {
    let mut model = an_act(40);
    for marker in &mut model.markers {
        marker.number = format!("MONUMENT {}", marker.number);
    }
    assert_eq!(labels(&drawing(&model), "30").count(), 1);
    assert_eq!(labels(&drawing(&model), "MONUMENT 30").count(), 0);
    holds(&made("act-monument", &model, ZH_EN), &["MONUMENT 30"]);
}

#[test]
fn the_map_crosses_the_far_meridian() {
    let shift = |p: LonLat| {
        let lon = p.lon.get() - 12.0;
        point(if lon < -180.0 { lon + 360.0 } else { lon }, p.lat.get())
    };
    let mut model = an_act(60);
    let here = drawing(&model);
    model
        .map
        .lines
        .iter_mut()
        .flat_map(|l| &mut l.line)
        .for_each(|p| *p = shift(*p));
    model.map.tracks.iter_mut().flatten().for_each(|p| *p = shift(*p));
    model
        .map
        .ports
        .iter_mut()
        .chain(&mut model.map.towns)
        .for_each(|p| p.position = shift(p.position));
    model.markers.iter_mut().for_each(|m| m.position = shift(m.position));
    model
        .gaps
        .iter_mut()
        .flat_map(|g| &mut g.line)
        .for_each(|p| *p = shift(*p));
    let there = drawing(&model);
    assert_eq!(there.scale, here.scale);
    let at = |d: &Drawing| labels(d, "30").map(|l| (l.x * 10.0).round()).collect::<Vec<_>>();
    assert_eq!(at(&there), at(&here));
    assert_eq!(labels(&there, "180°00′").count(), 2);
}

#[test]
fn a_dense_track_costs_no_more_ink_than_paper_can_show() {
    let mut model = an_act(10);
    let sparse = drawing(&model).svg.len();
    model.map.tracks = vec![(0..300_000).map(|i| course(f64::from(i) / 299_999.0)).collect()];
    let dense = drawing(&model).svg.len();
    assert!(dense < sparse * 2, "{sparse} {dense}");
}

#[test]
fn a_single_point_and_a_continent_have_maps() {
    let mut model = an_act(1);
    model.map = Map::default();
    model.gaps.clear();
    assert_eq!(drawing(&model).scale, 5_000.0);
    made("act-one-marker", &model, ZH_EN);
    let parallel = |lon: f64| point(lon, 49.0);
    model.map.lines = vec![MapLine {
        character: Character::Land,
        line: (0..=280).map(|i| parallel(-123.0 + f64::from(i) * 0.1)).collect(),
    }];
    model.markers[0].position = parallel(-110.0);
    let wide = drawing(&model);
    assert!(wide.scale >= 7_500_000.0 && wide.landscape, "{}", wide.scale);
    made("act-continent", &model, ZH_EN);
}

#[test]
fn a_line_north_to_south_stands_upright() {
    let mut model = an_act(40);
    let turn = |p: LonLat| point(-168.0 + (p.lat.get() - 42.5), 42.5 - (p.lon.get() + 168.0));
    model
        .map
        .lines
        .iter_mut()
        .flat_map(|l| &mut l.line)
        .for_each(|p| *p = turn(*p));
    model.map.tracks.iter_mut().flatten().for_each(|p| *p = turn(*p));
    model
        .map
        .ports
        .iter_mut()
        .chain(&mut model.map.towns)
        .for_each(|p| p.position = turn(p.position));
    model.markers.iter_mut().for_each(|m| m.position = turn(m.position));
    model
        .gaps
        .iter_mut()
        .flat_map(|g| &mut g.line)
        .for_each(|p| *p = turn(*p));
    assert!(!drawing(&model).landscape);
    made("act-upright", &model, ZH_EN);
}
