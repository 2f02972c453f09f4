//! What lies about the line: base map, islands, ports, planned routes, projects.

use super::World;
use super::curve::{self};
use super::earth::{At, Plane};
use super::json::{Features, Props};
use super::marks::Marker;
use super::noise::{noise, smoothstep};
use super::words::{self, Names, SIDES};

const BASE_DECIMALS: usize = 6;
const DECIMALS: usize = 9;

fn places(world: &World, line: &[Plane]) -> Vec<At> {
    line.iter().map(|p| world.earth.at(*p)).collect()
}

pub fn land(world: &World) -> String {
    let mut out = Features::new(BASE_DECIMALS);
    for (ring, names) in world.terrain.land.iter().zip(words::LAND) {
        out.polygon(&places(world, ring), &[], Props::new().names(names));
    }
    out.finish()
}

pub fn water(world: &World) -> String {
    let t = &world.terrain;
    let mut out = Features::new(BASE_DECIMALS);
    let holes = |in_lake: bool| -> Vec<Vec<At>> {
        t.islands
            .iter()
            .filter(|i| i.widening.is_none() == in_lake)
            .map(|i| places(world, &i.ring))
            .collect()
    };
    out.polygon(
        &places(world, &t.lake),
        &holes(true),
        Props::new().text("kind", "lake").names(words::LAKE),
    );

    // The river's area runs a little into the lake so that no gap shows at the mouth.
    let mut upper = t.upper().to_vec();
    let total = curve::length(&upper);
    let (end, before) = (upper[upper.len() - 1], curve::along(&upper, total - 0.06));
    upper.push(curve::mix(before, end, 2.5));
    let banks = t.banks(&upper, |km| t.half_width(km.min(total)));
    out.polygon(
        &places(world, &banks),
        &holes(false),
        Props::new().text("kind", "river").names(words::RIVERS[0].1),
    );
    let lower = &t.rivers[1].line;
    let lower_km = curve::length(lower);
    let banks = t.banks(lower, |km| 0.035 + 0.035 * km / lower_km);
    out.polygon(
        &places(world, &banks),
        &[],
        Props::new().text("kind", "river").names(words::RIVERS[1].1),
    );
    out.finish()
}

pub fn rivers(world: &World) -> String {
    let mut out = Features::new(BASE_DECIMALS);
    for river in &world.terrain.rivers {
        let names = words::RIVERS
            .iter()
            .find(|(key, _)| *key == river.key)
            .expect("every river has names")
            .1;
        let rank = if river.key.starts_with("elvane") { 1 } else { 2 };
        let thin = curve::even(&river.line, 0.06);
        out.line(
            &places(world, &thin),
            Props::new().text("key", river.key).int("rank", rank).names(names),
        );
    }
    out.finish()
}

pub fn ridge(world: &World) -> String {
    let mut out = Features::new(BASE_DECIMALS);
    let line = &world.terrain.ridge;
    out.line(
        &places(world, line),
        Props::new().text("kind", "ridge").names(words::RIDGE),
    );
    let total = curve::length(line);
    for (share, names) in words::PEAKS {
        // The highest place of the crest near by.
        let p = (-20..=20)
            .map(|k| curve::along(line, total * share + f64::from(k) * 0.05))
            .max_by(|a, b| world.terrain.height(*a).total_cmp(&world.terrain.height(*b)))
            .expect("some places");
        let props = Props::new()
            .text("kind", "peak")
            .num("height_m", world.terrain.height(p), 1)
            .names(names);
        out.point(world.earth.at(p), props);
    }
    out.finish()
}

pub fn towns(world: &World) -> String {
    let mut out = Features::new(BASE_DECIMALS);
    for t in &words::TOWNS {
        assert!(world.terrain.on_land(t.at), "{} is on land", t.names.1);
        let foot = world.course.line.foot(&world.earth, world.earth.at(t.at));
        assert_eq!(usize::from(!foot.left), t.side, "{} is in its state", t.names.1);
        let props = Props::new()
            .names(t.names)
            .int("rank", usize::from(t.rank))
            .text("party", SIDES[t.side]);
        out.point(world.earth.at(t.at), props);
    }
    out.finish()
}

pub fn islands(world: &World) -> String {
    let mut out = Features::new(DECIMALS);
    for (island, (number, names)) in world.terrain.islands.iter().zip(words::ISLANDS) {
        let owner = SIDES[usize::from(!island.left)];
        let water = if island.widening.is_some() {
            words::RIVERS[0].1
        } else {
            words::LAKE
        };
        let props = Props::new()
            .text("number", number)
            .names(names)
            .text("owner", owner)
            .text("section", if island.widening.is_some() { "S2" } else { "S3" })
            .text("water_zh", water.0)
            .text("water_en", water.1)
            .text("instrument", "protocol-1998");
        out.polygon(&places(world, &island.ring), &[], props);
    }
    out.finish()
}

/// A place `metres` to the left (or, negative, right) of the line.
fn beside(world: &World, chainage_m: f64, metres: f64) -> At {
    let (at, heading) = world.course.line.at(&world.earth, chainage_m);
    world.earth.direct(at, heading - 90.0, metres)
}

/// Weekly hours by day of the week (1 is Monday) and dated exceptions, of the port and of its counterpart.
fn calendars(number: &str) -> Vec<(&'static str, &'static str)> {
    match number {
        "K1" => vec![
            (
                "calendar",
                r#"[{"days":[1,2,3,4,5,6,7],"from":"08:00","to":"18:00","traffic":["passenger","cargo"]}]"#,
            ),
            (
                "exceptions",
                r#"[{"from":"2026-06-14","to":"2026-06-14","closed":true,"reason_zh":"条约日","reason_en":"Treaty Day"}]"#,
            ),
            (
                "counterpart_calendar",
                r#"[{"days":[1,2,3,4,5,6],"from":"09:00","to":"19:00","traffic":["passenger"]},{"days":[1,2,3,4,5],"from":"09:00","to":"17:00","traffic":["cargo"]}]"#,
            ),
            (
                "counterpart_exceptions",
                r#"[{"from":"2026-12-24","to":"2026-12-26","closed":true,"reason_zh":"韦拉冬至节","reason_en":"Veyran midwinter"}]"#,
            ),
        ],
        "K2" => vec![(
            "calendar",
            r#"[{"days":[1,2,3,4,5,6],"from":"09:00","to":"17:00","traffic":["passenger"],"months":[5,6,7,8,9,10]}]"#,
        )],
        _ => Vec::new(),
    }
}

pub fn ports(world: &World) -> String {
    let line = &world.course.line;
    let north = 4_550.0;
    let east = line.section_start_m(3) + 5_300.0;
    // On the lake, the shore east of the inflow of the Ossera Brook.
    let ossera = world.terrain.rivers[4]
        .line
        .last()
        .copied()
        .expect("the brook has a mouth");
    let shore = curve::nearest(&world.terrain.lake, ossera).1;
    let p = curve::along(&world.terrain.lake, shore + 0.7);
    let l = curve::left(&world.terrain.lake, shore + 0.7, 0.05);
    // The ring runs anticlockwise: right of it is dry land.
    let ferry = world.earth.at([p[0] - 0.03 * l[0], p[1] - 0.03 * l[1]]);
    let mut out = Features::new(DECIMALS);
    let mut add = |at: At, number: &str, names: Names, party: usize, counterpart: (&str, &str), words: [&str; 6]| {
        let foot = line.foot(&world.earth, at);
        assert_eq!(usize::from(!foot.left), party, "port {number} is on its own side");
        let [kind, class, status, traffic, opening_en, opening_zh] = words;
        let props = Props::new()
            .text("number", number)
            .names(names)
            .text("party", SIDES[party])
            .text("kind", kind)
            .text("port_class", class)
            .text("status", status)
            .text("counterpart_zh", counterpart.0)
            .text("counterpart_en", counterpart.1)
            .text("traffic", traffic)
            .text("opening_en", opening_en)
            .text("opening_zh", opening_zh)
            .text("time_zone", "-11:00")
            .text("instrument", "treaty-1994");
        let props = calendars(number)
            .into_iter()
            .fold(props, |props, (key, json)| props.json(key, json));
        out.point(at, props);
    };
    add(
        beside(world, north, 165.0),
        "K1",
        Names(
            "克韦尔马克公路口岸",
            "Kvellmark road port",
            "Автодорожный пункт пропуска Квелльмарк",
            "크벨마르크 도로국경통과지점",
        ),
        0,
        ("塔马里萨", "Tamarrisa"),
        [
            "road",
            "international",
            "open",
            "passenger,cargo",
            "Daily 08:00-18:00, UTC-11",
            "每日8:00至18:00（UTC-11）",
        ],
    );
    add(
        beside(world, east, -215.0),
        "K2",
        Names(
            "东萨尔克米亚公路口岸",
            "East Sarquemia road port",
            "Автодорожный пункт пропуска Восточная Саркемия",
            "동사르케미아 도로국경통과지점",
        ),
        1,
        ("松德哈洛", "Sundhallow"),
        [
            "road",
            "bilateral",
            "restricted",
            "passenger",
            "1 May to 31 October, Monday to Saturday",
            "5月1日至10月31日，周一至周六",
        ],
    );
    add(
        ferry,
        "K3",
        Names(
            "文纳里湖轮渡口岸",
            "Lake Vennary ferry port",
            "Паромный пункт пропуска Озеро Веннари",
            "벤나리호 나루국경통과지점",
        ),
        0,
        ("蓬塔雷尔", "Pontarrel"),
        [
            "ferry",
            "border_resident_passage",
            "suspended",
            "passenger",
            "While the landing stage is rebuilt: closed",
            "码头改建期间关闭",
        ],
    );
    out.finish()
}

/// Kilometres left of the line at which the planned boat route runs, `km` along the line: right of the middle, and in to
/// the right bank at each landing.
pub fn boat_lane(world: &World, km: f64) -> f64 {
    let (start, end) = (
        world.course.line.section_start_m(1) / 1000.0,
        world.course.line.section_start_m(2) / 1000.0,
    );
    let mut lane = -0.010 * smoothstep(start, start + 0.2, km) * smoothstep(end, end - 0.2, km);
    for marker in world.markers.iter().filter(|m| m.section == 1) {
        for (e, (_, metres)) in marker
            .elements
            .iter()
            .filter_map(|e| e.tie.map(|t| (e, t)))
            .filter(|(e, _)| e.side == Some(1))
        {
            let left = world.course.line.foot(&world.earth, e.at).left;
            let target = if left {
                metres / 1000.0
            } else {
                -(metres / 1000.0 - 0.002)
            };
            let near = 1.0 - smoothstep(0.012, 0.07, (km - e.chainage_m / 1000.0).abs());
            lane += (target - lane) * near;
        }
    }
    lane
}

pub fn routes(world: &World) -> String {
    let line = &world.course.line;
    let plane = line.in_plane();
    let mut out = Features::new(DECIMALS);
    let mut add = |from_m: f64, to_m: f64, step_m: f64, route: usize, lane: &dyn Fn(f64) -> f64| {
        let n = ((to_m - from_m) / step_m).round() as usize;
        let path: Vec<Plane> = (0..=n)
            .map(|i| {
                let km = (from_m + (to_m - from_m) * i as f64 / n as f64) / 1000.0;
                let (p, l, by) = (curve::along(&plane, km), curve::left(&plane, km, 0.015), lane(km));
                [p[0] + l[0] * by, p[1] + l[1] * by]
            })
            .collect();
        let (number, names) = words::ROUTES[route];
        let props = Props::new()
            .text("number", number)
            .names(names)
            .text("inspection", "2026-1")
            .json("sections", if route == 0 { "[\"S1\"]" } else { "[\"S2\",\"S3\"]" })
            .text("travel", if route == 0 { "foot" } else { "boat" });
        out.line(&places(world, &path), props);
    };
    let footpath = |km: f64| 0.005 * noise(77, km / 0.35, 0.5);
    add(15.0, line.section_length_m(0) - 60.0, 60.0, 0, &footpath);
    let lane = |km: f64| boat_lane(world, km);
    add(
        line.section_start_m(1) + 60.0,
        line.section_start_m(3) - 20.0,
        30.0,
        1,
        &lane,
    );
    out.finish()
}

pub fn projects(world: &World) -> String {
    let t = &world.terrain;
    let upper = t.upper();
    let mut out = Features::new(DECIMALS);
    // Half way between two landings, away from islands.
    let landings = &world.course.landings;
    let bridge_km = (landings[4].km + landings[5].km) / 2.0;
    let (p, l) = (curve::along(upper, bridge_km), curve::left(upper, bridge_km, 0.05));
    let reach = t.half_width(bridge_km) + 0.085;
    let corner = |along: f64, across: f64| [p[0] + l[0] * across + l[1] * along, p[1] + l[1] * across - l[0] * along];
    let deck = [
        corner(-0.007, -reach),
        corner(0.007, -reach),
        corner(0.007, reach),
        corner(-0.007, reach),
    ];
    let props = Props::new()
        .text("number", "B-2025-01")
        .names(Names(
            "埃尔瓦内河公路桥",
            "Elvane road bridge",
            "Автодорожный мост через Эльване",
            "엘바네강 도로다리",
        ))
        .text("kind", "bridge")
        .text("state", "joint_agreement")
        .text("party", "AST")
        .text("section", "S2");
    out.polygon(&places(world, &deck), &[], props);

    let (from, to) = (landings[11].km + 0.12, landings[11].km + 0.56);
    let stretch: Vec<Plane> = (0..=22)
        .map(|i| curve::along(upper, from + (to - from) * f64::from(i) / 22.0))
        .collect();
    let mut ring = curve::offset(&stretch, |s| -(t.half_width(from + s) - 0.002));
    let mut inland = curve::offset(&stretch, |s| -(t.half_width(from + s) + 0.012));
    inland.reverse();
    ring.extend(inland);
    let props = Props::new()
        .text("number", "B-2025-02")
        .names(Names(
            "埃尔瓦内河右岸护岸工程",
            "Elvane right bank protection",
            "Укрепление правого берега Эльване",
            "엘바네강 오른쪽기슭 호안공사",
        ))
        .text("kind", "bank_protection")
        .text("state", "in_progress")
        .text("party", "VEY")
        .text("section", "S2");
    out.polygon(&places(world, &ring), &[], props);
    out.finish()
}

/// The element that a team on the right bank goes to, if the marker has one there.
pub fn right_element(marker: &Marker) -> impl Iterator<Item = &super::marks::Element> {
    marker.elements.iter().filter(|e| e.side == Some(1))
}
