//! The papers of the sample: border.toml, the README, and the list of built-in faults.

use std::fmt::Write as _;

use super::World;
use super::json::{names_inline, names_toml, quoted};
use super::marks::{Marker, OFF_BY_FAR, OFF_BY_LITTLE, WRONG_SIDE};
use super::words::{BOUNDARY, INSTRUMENTS, NOTICE, Names, PARTIES, SECTIONS, SIDES};

pub fn border(_world: &World) -> String {
    let mut out = format!("# {}\n\n", NOTICE.1);
    let _ = writeln!(
        out,
        "[boundary]\nkey = \"astrand-veyra\"\ninvented = true\ncrs = \"EPSG:4490\"\nepoch = 2000.0\n\
         # ITRF2014 plate: positions of a receiver are brought back to the epoch with its motion.\nplate = \"PCFC\"\n\
         class = \"public\"\n# Sides of the line, looking along it from its first vertex.\nleft = \"{}\"\nright = \"{}\"\n",
        SIDES[0], SIDES[1]
    );
    let _ = writeln!(out, "{}", names_toml("boundary.names", BOUNDARY));
    let _ = writeln!(out, "{}", names_toml("boundary.notice", NOTICE));
    for (code, names) in SIDES.iter().zip(PARTIES) {
        let _ = writeln!(
            out,
            "[[party]]\ncode = \"{code}\"\n{}",
            names_toml("party.names", names)
        );
    }
    for (key, kind, number, signed, in_force, names, citation) in INSTRUMENTS {
        let _ = writeln!(
            out,
            "[[instrument]]\nkey = \"{key}\"\nkind = \"{kind}\"\nnumber = \"{number}\"\nsigned = {signed}\nin_force = {in_force}\ncitation = {}\n{}",
            quoted(citation),
            names_toml("instrument.names", names)
        );
    }
    for (i, (key, names, character)) in SECTIONS.iter().enumerate() {
        let _ = writeln!(
            out,
            "[[section]]\nkey = \"{key}\"\nordinal = {}\ncharacter = \"{character}\"\nlegal_status = \"agreed\"\n\
             technical_status = \"edge_matched\"\ninstrument = \"protocol-1998\"\n{}",
            i + 1,
            names_toml("section.names", *names)
        );
    }
    let joint = Names(
        "2026年联合检查",
        "Joint inspection of 2026",
        "Совместная проверка 2026 года",
        "2026년 련합검사",
    );
    let control = Names(
        "2025年控制检查",
        "Control inspection of 2025",
        "Контрольный осмотр 2025 года",
        "2025년 정기점검",
    );
    let mut inspection = |head: &str, names: Names, teams: &[(&str, &str, Names, u8)]| {
        let _ = writeln!(out, "[[inspection]]\n{head}\nnames = {}\n", names_inline(names));
        for (party, name, leader, members) in teams {
            let _ = writeln!(
                out,
                "[[inspection.team]]\nparty = \"{party}\"\nname = \"{name}\"\nleader = \"{}\"\nmembers = {members}\nleader_names = {}\n",
                leader.1,
                names_inline(*leader)
            );
        }
    };
    let (a, b, c) = (
        Names("英格尔·索尔瓦斯", "Ingel Solvarth", "Ингель Сольварт", "인겔 솔바르트"),
        Names("梅丽塔·奥夸雷", "Melita Oquarre", "Мелита Окварре", "멜리타 오쿠아레"),
        Names("托本·哈尔夫林", "Torben Halvrin", "Торбен Хальврин", "토르벤 할브린"),
    );
    inspection(
        "number = \"2026-1\"\nkind = \"joint\"\nstate = \"fielded\"\nyear = 2026\nstarts = 2026-08-06\nends = 2026-08-14\nroute = \"R1\"\nroutes = [\"R1\", \"R2\"]",
        joint,
        &[("AST", "A", a, 6), ("VEY", "B", b, 5)],
    );
    inspection(
        "number = \"2025-C1\"\nkind = \"control\"\nstate = \"closed\"\nyear = 2025\nstarts = 2025-09-08\nends = 2025-09-12\nroute = \"R1\"",
        control,
        &[("AST", "A", c, 4)],
    );
    out.push_str("# What is loaded, in this order. Columns have the register's own names, so no map is needed.\n");
    for (kind, file) in [
        ("segments", "segments"),
        ("boundary_points", "boundary_points"),
        ("markers", "markers"),
        ("islands", "islands"),
        ("ports", "ports"),
        ("routes", "routes"),
        ("projects", "projects"),
    ] {
        let _ = writeln!(out, "[[import]]\nas = \"{kind}\"\nfile = \"{file}.geojson\"\n");
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

struct Fault<'a> {
    marker: &'a Marker,
    element: usize,
    check: &'static str,
    verdict: &'static str,
    measured_m: f64,
    about: &'static str,
}

fn known(world: &World) -> [Fault<'_>; 3] {
    let of = |sequence: usize| &world.markers[sequence - 1];
    let offset = |sequence: usize, element: usize| {
        let e = &of(sequence).elements[element];
        world.course.line.foot(&world.earth, e.at).distance_m
    };
    [
        Fault {
            marker: of(OFF_BY_FAR),
            element: 0,
            check: "C02",
            verdict: "fail",
            measured_m: offset(OFF_BY_FAR, 0),
            about: "registered as standing on the line, but set 0.31 m into Astrand; far more than tolerance and uncertainty",
        },
        Fault {
            marker: of(WRONG_SIDE),
            element: 1,
            check: "C03",
            verdict: "fail",
            measured_m: offset(WRONG_SIDE, 1),
            about: "registered on the Veyran bank, but stands on a gravel bar on the Astrand side of the line; its azimuth and \
                    distance agree with where it stands, so C02 passes; the pair is not on two sides, so C15 fails too",
        },
        Fault {
            marker: of(OFF_BY_LITTLE),
            element: 0,
            check: "C02",
            verdict: "inconclusive",
            measured_m: offset(OFF_BY_LITTLE, 0),
            about: "0.11 m into Veyra and known to 0.05 m only: whether 0.12 m is kept cannot be told",
        },
    ]
}

pub fn faults(world: &World) -> String {
    let mut out = String::from(
        "# The faults put into the invented register on purpose, and the verdicts they must get with the default tolerance\n\
         # of 0.12 m. Every other marker passes C02, and every other element with a side passes C03.\ninvented = true\n",
    );
    for f in known(world) {
        let label = f.marker.label(&f.marker.elements[f.element]);
        let _ = writeln!(
            out,
            "\n[[fault]]\nmarker = \"{label}\"\ncheck = \"{}\"\nverdict = \"{}\"\nmeasured_m = {:.3}\nabout = {}",
            f.check,
            f.verdict,
            f.measured_m,
            quoted(f.about)
        );
    }
    out
}

pub fn readme(world: &World) -> String {
    let line = &world.course.line;
    let count = |n: usize| world.markers.iter().filter(|m| m.elements.len() == n).count();
    let elements: usize = world.markers.iter().map(|m| m.elements.len()).sum();
    let points = super::register::numbered_points(world).len();
    let mut out = format!(
        "# Astrand–Veyra: the invented border\n\n{}\n\n{}\n\n\
         Kelmora lies in the open North Pacific around 42.5° N, 168° W, where the map has only water. The boundary runs from its\n\
         north coast over Hollmar Ridge, down the Elvane River, across Lake Vennary and on to the east coast. It crosses 168° W,\n\
         where UTM zones 2 and 3 meet. Frame: CGCS2000 (EPSG:4490), epoch 2000.0; heights are invented metres above the sea.\n\n\
         Looking along the line, Astrand (AST) is on the left and Veyra (VEY) on the right.\n\n\
         | section | what | length on the ellipsoid |\n| --- | --- | --- |\n",
        NOTICE.1, NOTICE.0
    );
    for (i, (key, names, _)) in SECTIONS.iter().enumerate() {
        let _ = writeln!(out, "| {key} | {} | {:.3} m |", names.1, line.section_length_m(i));
    }
    let _ = writeln!(out, "| all | | {:.3} m |\n", line.length_m());
    let _ = writeln!(
        out,
        "{} segments, {points} boundary points, 60 markers ({} single, {} double, {} triple; {elements} elements), numbered in line order; five were\n\
         put between others in 2012 (17/1 and the like). Positions are given to ten decimals of a degree (0.01 mm); the printed text is rounded\n\
         to 0.0001″ (3 mm). An element off the line has the azimuth and the distance to its line point, printed to 0.00001° and 1 mm.\n",
        line.segments.len(),
        count(1),
        count(2),
        count(3)
    );
    let parallel = line.segments.iter().find(|s| s.ordinal == 5 && s.section == 0);
    if let Some(s) = parallel {
        let _ = writeln!(
            out,
            "Line types that matter: S1 segment 5 follows the parallel of {} for {:.0} m (a geodesic between its ends would lie\n\
             up to 0.1 m off); S4 segment 2 is one geodesic leg of {:.0} m, nearly east and west (a rhumb line would lie up to a metre off).\n",
            super::earth::printed_lat(s.vertices[0]),
            world.earth.metres(s.vertices[0], s.vertices[1]),
            line.segments
                .iter()
                .find(|s| s.section == 3 && s.ordinal == 2)
                .map_or(0.0, |s| world.earth.metres(s.vertices[0], s.vertices[1]))
        );
    }
    out.push_str(
        "## Built-in faults\n\nThree, to learn from; `FAULTS.toml` has the same for programs. The tolerance is the default 0.12 m.\n\n\
         | marker | check | expected verdict | measured | why |\n| --- | --- | --- | --- | --- |\n",
    );
    for f in known(world) {
        let label = f.marker.label(&f.marker.elements[f.element]);
        let _ = writeln!(
            out,
            "| {label} | {} | {} | {:.2} m | {} |",
            f.check, f.verdict, f.measured_m, f.about
        );
    }
    out.push_str(
        "\nAll other markers pass C02 and C03. Points measured with the older instruments have a sigma of 0.04 m: with 2.45 sigma they\n\
         still pass on the line.\n\n\
         ## Records\n\nEvery other `.geojson` is one collection of the register: the file has its name, and each property is a field of its kind.\n\
         Both teams measured six markers in 2026 (`observations`, `agreed_values`); the bank protection B-2025-02 has its whole\n\
         procedure from consultation to audit; K1 has the opening calendars of both sides; of two incidents one is settled, with its\n\
         meeting and handover act. Records without a place have no geometry.\n\n\
         ## Tracks\n\n`tracks/` has what two teams brought home from the joint inspection 2026-1: team A on foot along S1, team B by boat down S2.\n\
         The positions are WGS 84 at epoch 2026.6: the true places moved on with the Pacific plate (ITRF2014 plate motion model) for 26.6\n\
         years, and then receiver noise. `tracks/TRUTH.toml` says which markers were visited, passed and missed, and which stretches were\n\
         left out.\n\n\
         ## Made by\n\n`cargo run --example invented_border` writes this folder again, byte for byte; a test compares them. With\n\
         `--fixes 1000000 --out big.gpx` it writes one long track for load tests instead. Do not edit the files by hand.\n",
    );
    out
}
