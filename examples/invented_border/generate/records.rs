//! The records that have no survey of their own: law, observations of both sides, works, and affairs of ports. One file a
//! collection, each property named as the field of the register.

use super::World;
use super::earth::{At, printed_lat, printed_lon};
use super::json::{Features, Props, quoted};
use super::marks::{Element, Marker, WRONG_SIDE};
use super::noise::Rng;
use super::words::{self, Names, SECTIONS, SIDES};

const DECIMALS: usize = 10;
/// Sequence numbers of the markers that both teams measured in 2026.
const MEASURED: [usize; 6] = [2, 3, 4, 12, WRONG_SIDE, 55];

/// Every file of this module.
pub fn all(world: &World) -> Vec<(String, String)> {
    let (observations, agreed_values) = measured(world);
    [
        ("transformations", transformations()),
        ("regime_profiles", regime_profiles()),
        ("rules", rules()),
        ("shared_waters", shared_waters(world)),
        ("map_sheets", map_sheets(world)),
        ("zones", zones(world)),
        ("marker_events", marker_events(world)),
        ("observations", observations),
        ("agreed_values", agreed_values),
        ("consultations", consultations()),
        ("authorisations", authorisations()),
        ("contracts", contracts()),
        ("work_programmes", work_programmes()),
        ("notices", notices(world)),
        ("site_visits", site_visits()),
        ("audits", audits()),
        ("affairs", affairs()),
        ("incidents", incidents(world)),
        ("meetings", meetings()),
        ("handover_acts", handover_acts(world)),
        ("representatives", representatives()),
    ]
    .into_iter()
    .map(|(collection, text)| (format!("{collection}.geojson"), text))
    .collect()
}

/// Records without a place.
fn papers(records: impl IntoIterator<Item = Props>) -> String {
    let mut out = Features::new(DECIMALS);
    for props in records {
        out.nowhere(props);
    }
    out.finish()
}

fn list(texts: &[&str]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text)).collect();
    format!("[{}]", texts.join(","))
}

fn beside(world: &World, chainage_m: f64, metres_left: f64) -> At {
    let (at, heading) = world.course.line.at(&world.earth, chainage_m);
    world.earth.direct(at, heading - 90.0, metres_left)
}

fn transformations() -> String {
    let points = "[{\"name\":\"Orrisel\",\"residual_m\":[0.021,-0.013]},{\"name\":\"Torvane\",\"residual_m\":[-0.017,0.019]},\
                  {\"name\":\"Ernholm\",\"residual_m\":[0.008,-0.022]},{\"name\":\"East Hollmar\",\"residual_m\":[-0.012,0.016]}]";
    papers([Props::new()
        .text("key", "kelmora-1962")
        .text("name_zh", "凯尔莫拉1962年地方坐标系至2000国家大地坐标系（虚构）")
        .text("name_en", "Kelmora 1962 to CGCS2000 (invented)")
        .text("method", "translation_3")
        .text("from_crs", "Kelmora 1962")
        .text("to_crs", "EPSG:4490")
        .num("to_epoch", 2000.0, 1)
        .json("parameters", "{\"dx_m\":-74.31,\"dy_m\":118.02,\"dz_m\":-9.66}")
        .json("residuals", points)
        .num("rms_m", 0.024, 3)
        .num("accuracy_m", 0.05, 2)
        .num("west_deg", -168.4, 1)
        .num("south_deg", 42.2, 1)
        .num("east_deg", -167.6, 1)
        .num("north_deg", 42.8, 1)
        .two("agency", "阿斯特兰测绘局", "Astrand Survey")
        .text("citation", "Demarcation Protocol of 1998, annex 4, table 2 (invented)")])
}

fn regime_profiles() -> String {
    let river = |character: &str| match character {
        "river" => "follows_nature",
        "shared_water" => "shared_surface",
        _ => "fixed",
    };
    papers(SECTIONS.iter().map(|(key, names, character)| {
        let land = *character == "land";
        let props = Props::new()
            .text("key", &format!("RP-{key}"))
            .text("name_zh", &format!("{}管理制度", names.0))
            .text("name_en", &format!("Regime of the {}", names.1))
            .text("section", key)
            .json(
                "marker_kinds",
                &list(if land {
                    &["main", "auxiliary"]
                } else {
                    &["main", "buoy", "range_mark"]
                }),
            )
            .two(
                "numbering",
                "沿界线顺序编号，插入者加“/”和序号",
                "In line order; one put between others adds a stroke and a figure",
            )
            .num("joint_cycle_a", 10.0, 0)
            .num("control_cycle_a", 2.0, 0)
            .int("notice_days", 10)
            .int("reply_days", 20)
            .flag("witness", true)
            .text("upkeep_rule", if land { "by_erector" } else { "own_elements" })
            .text("river_rule", river(character))
            .num("tolerance_m", 0.12, 2)
            .text("citation", "Treaty of 1994, articles 7 to 11 (invented)")
            .text("instrument", "treaty-1994");
        if land {
            props.num("vista_m", 7.5, 1).num("spacing_m", 3000.0, 0)
        } else {
            props
        }
    }))
}

fn rules() -> String {
    // Section, activity, up to metres, from what, what it asks, days, words, article.
    type Row = (
        &'static str,
        &'static str,
        Option<f64>,
        &'static str,
        &'static str,
        Option<usize>,
        [&'static str; 2],
        &'static str,
    );
    let rows: [Row; 7] = [
        (
            "S1",
            "obstruction",
            Some(7.5),
            "line",
            "forbid",
            None,
            ["通视道内不得有遮挡物", "Nothing may obstruct the vista"],
            "9, 1",
        ),
        (
            "S4",
            "obstruction",
            Some(7.5),
            "line",
            "forbid",
            None,
            ["通视道内不得有遮挡物", "Nothing may obstruct the vista"],
            "9, 1",
        ),
        (
            "S1",
            "building",
            Some(100.0),
            "line",
            "neighbour_notice",
            Some(10),
            ["永久建筑须提前通报", "Permanent buildings are told in advance"],
            "9, 3",
        ),
        (
            "S2",
            "bridge",
            None,
            "line",
            "neighbour_agreement",
            Some(30),
            ["桥梁须经双方商定", "Bridges need the agreement of both sides"],
            "10, 1",
        ),
        (
            "S2",
            "bank_protection",
            Some(200.0),
            "bank",
            "neighbour_agreement",
            Some(10),
            [
                "护岸工程须经邻方同意",
                "Bank protection needs the neighbour's agreement",
            ],
            "10, 2",
        ),
        (
            "S3",
            "navigation",
            None,
            "water_edge",
            "file_only",
            None,
            ["湖上航行应予备案", "Navigation on the lake is filed"],
            "10, 5",
        ),
        (
            "S1",
            "any",
            Some(3.0),
            "marker",
            "commission_authorisation",
            None,
            ["界标周围施工须经委员会许可", "Works about a marker need the commission"],
            "8, 4",
        ),
    ];
    papers(
        rows.iter()
            .enumerate()
            .map(|(i, (section, activity, max_m, from, effect, days, text, article))| {
                let mut props = Props::new()
                    .text("number", &format!("DR-{}", i + 1))
                    .text("section", section)
                    .text("side", "both")
                    .text("activity", activity)
                    .num("min_m", 0.0, 0);
                if let Some(max_m) = max_m {
                    props = props.num("max_m", *max_m, 1);
                }
                props = props.text("measured_from", from).text("effect", effect);
                if let Some(days) = days {
                    props = props.int("notice_days", *days);
                }
                props
                    .two("description", text[0], text[1])
                    .text("citation", &format!("Treaty of 1994, article {article} (invented)"))
                    .text("confidence", "read")
                    .text("instrument", "treaty-1994")
            }),
    )
}

fn shared_waters(world: &World) -> String {
    let t = &world.terrain;
    let ring = |line: &[super::earth::Plane]| -> Vec<At> { line.iter().map(|p| world.earth.at(*p)).collect() };
    let holes: Vec<Vec<At>> = t
        .islands
        .iter()
        .filter(|i| i.widening.is_none())
        .map(|i| ring(&i.ring))
        .collect();
    let mut out = Features::new(DECIMALS);
    let props = Props::new()
        .text("number", "W1")
        .names(words::LAKE)
        .text("section", "S3")
        .text("kind", "lake")
        .num("stage_m", 62.0, 1)
        .text("stage_datum", "invented sea level")
        .text("surveyed_on", "1997-08-21")
        .two(
            "use",
            "双方船只均可通行，不得夜间作业",
            "Open to boats of both sides; no work by night",
        )
        .text("citation", "Treaty of 1994, article 4 (invented)")
        .text("instrument", "protocol-1998");
    out.polygon(&ring(&t.lake), &holes, props);
    out.finish()
}

fn map_sheets(world: &World) -> String {
    // Neat lines stand on whole hundredths of a degree.
    let snap = |value: f64, up: bool| {
        (if up {
            (value * 100.0).ceil()
        } else {
            (value * 100.0).floor()
        }) / 100.0
    };
    let mut out = Features::new(DECIMALS);
    for (i, (key, names, _)) in SECTIONS.iter().enumerate() {
        let line: Vec<At> = world
            .course
            .line
            .segments
            .iter()
            .filter(|s| s.section == i)
            .flat_map(|s| s.vertices.iter().copied())
            .collect();
        let edge = |of: fn(&At) -> f64, up: bool| {
            let all = line.iter().map(of);
            snap(
                if up {
                    all.fold(f64::MIN, f64::max)
                } else {
                    all.fold(f64::MAX, f64::min)
                },
                up,
            )
        };
        let (west, east) = (edge(|p| p.lon, false), edge(|p| p.lon, true));
        let (south, north) = (edge(|p| p.lat, false), edge(|p| p.lat, true));
        let at = |lon, lat| At { lon, lat };
        let adjoining: Vec<String> = [i.checked_sub(1), Some(i + 1).filter(|n| *n < SECTIONS.len())]
            .into_iter()
            .flatten()
            .map(|n| format!("KL-{}", n + 1))
            .collect();
        let adjoining: Vec<&str> = adjoining.iter().map(String::as_str).collect();
        let props = Props::new()
            .text("number", &format!("KL-{}", i + 1))
            .text("name_zh", &format!("{}图幅", names.0))
            .text("name_en", &format!("Sheet of the {}", names.1))
            .text("series", "Boundary map album of 1998 (invented)")
            .int("scale", 50_000)
            .text("edition", "1998")
            .text("crs", "EPSG:4490")
            .text("published_on", "1999-05-01")
            .json("sections", &list(&[key]))
            .json("adjoining", &list(&adjoining))
            .text("instrument", "protocol-1998");
        out.polygon(
            &[at(west, south), at(east, south), at(east, north), at(west, north)],
            &[],
            props,
        );
    }
    out.finish()
}

fn zones(world: &World) -> String {
    let mut out = Features::new(DECIMALS);
    // On the first leg of the line, which is straight for two kilometres.
    let along = |left: f64| (0..=19).map(move |i| (100.0 + 100.0 * f64::from(i), left));
    let strip: Vec<At> = along(7.5)
        .rev()
        .chain(along(-7.5))
        .map(|(chainage, left)| beside(world, chainage, left))
        .collect();
    let props = Props::new()
        .text("number", "Z1")
        .names(Names("北岸通视道", "Northern vista", "Северная просека", "북쪽통시도"))
        .text("kind", "vista")
        .text("section", "S1")
        .two("rules", "不得种植、建筑或堆放", "Nothing is planted, built or stacked")
        .text("citation", "Treaty of 1994, article 9 (invented)")
        .text("instrument", "treaty-1994");
    out.polygon(&strip, &[], props);
    let area: Vec<At> = [(4_300.0, 40.0), (4_300.0, 420.0), (4_800.0, 420.0), (4_800.0, 40.0)]
        .map(|(c, left)| beside(world, c, left))
        .into();
    let props = Props::new()
        .text("number", "Z2")
        .names(Names(
            "克韦尔马克边境管理区",
            "Kvellmark administration zone",
            "Пограничная зона Квелльмарк",
            "크벨마르크 국경관리구역",
        ))
        .text("kind", "administration_zone")
        .text("party", "AST")
        .text("section", "S1")
        .two("rules", "进入须持通行证", "Entry with a pass")
        .text("citation", "Order of the Astrand border office 3/2001 (invented)");
    out.polygon(&area, &[], props);
    out.finish()
}

fn by_sequence(world: &World, sequence: usize) -> &Marker {
    &world.markers[sequence - 1]
}

fn marker_events(world: &World) -> String {
    let mut out = Features::new(DECIMALS);
    let repaired = by_sequence(world, 7);
    out.nowhere(
        Props::new()
            .text("number", &format!("{}-2025-1", repaired.number))
            .text("marker", &repaired.number)
            .text("kind", "repair")
            .text("state", "recorded")
            .text("discovered_on", "2025-09-08")
            .text("notified_on", "2025-09-08")
            .text("confirmed_on", "2025-09-09")
            .text("starts_on", "2025-09-10")
            .text("ends_on", "2025-09-10")
            .text("done_by", SIDES[repaired.elements[0].keeper])
            .two(
                "facts",
                "漆面剥落，号码难以辨认",
                "Paint had come off; the number could hardly be read",
            )
            .two("work", "重新上漆并描号", "Painted and lettered anew")
            .text("inspection", "2025-C1")
            .text("act_number", "A-2025/C1-2")
            .text("act_signed_on", "2025-09-12")
            .two("place", "克韦尔马克", "Kvellmark")
            .text("instrument", "act-2025-C1"),
    );
    let strayed = by_sequence(world, WRONG_SIDE);
    let element = &strayed.elements[1];
    out.nowhere(
        Props::new()
            .text("number", &format!("{}-2026-1", strayed.number))
            .text("marker", &strayed.number)
            .text("marker_element", &strayed.label(element))
            .text("kind", "relocate")
            .text("state", "notified")
            .text("discovered_on", "2026-08-07")
            .text("notified_on", "2026-08-08")
            .text("done_by", SIDES[element.keeper])
            .text("witnessed_by", SIDES[1 - element.keeper])
            .two("cause", "砾石滩移动", "The gravel bar has shifted")
            .two(
                "facts",
                "该标体位于界线的阿斯特兰一侧",
                "The element stands on the Astrand side of the line",
            )
            .text("inspection", "2026-1"),
    );
    out.finish()
}

/// What one side saw: the place with its noise.
struct Seen {
    at: At,
    height_m: f64,
    sigma_m: f64,
}

fn seen(world: &World, rng: &mut Rng, element: &Element, sigma_m: f64) -> Seen {
    let (north, east) = (sigma_m * rng.normal(), sigma_m * rng.normal());
    let at = world
        .earth
        .direct(world.earth.direct(element.at, 0.0, north), 90.0, east)
        .rounded();
    Seen {
        at,
        height_m: element.height_m + 1.5 * sigma_m * rng.normal(),
        sigma_m,
    }
}

/// Observations of both sides, and what they agreed.
fn measured(world: &World) -> (String, String) {
    let mut rng = Rng::new(0x4F42_5352);
    let (mut observations, mut agreed) = (Features::new(DECIMALS), Features::new(DECIMALS));
    let mut minutes = 0;
    for marker in MEASURED.map(|sequence| by_sequence(world, sequence)) {
        for element in &marker.elements {
            let label = marker.label(element);
            let sides = [("A", "AST", "rtk", 0.015), ("B", "VEY", "static", 0.010)];
            let both = sides.map(|(team, party, method, sigma_m)| {
                let seen = seen(world, &mut rng, element, sigma_m);
                minutes += 13;
                let (day, hour, minute) = (if team == "A" { 6 } else { 7 }, 18 + minutes / 60 % 6, minutes % 60);
                let number = format!("{label}-2026-1-{team}");
                let mut props = Props::new()
                    .text("number", &number)
                    .text("inspection", "2026-1")
                    .text("party", party)
                    .text("marker", &marker.number)
                    .text("marker_element", &label)
                    .text("observed_at", &format!("2026-08-{day:02}T{hour:02}:{minute:02}:00Z"))
                    .text("observer", team)
                    .text("method", method)
                    .text("printed_lat", &printed_lat(seen.at))
                    .text("printed_lon", &printed_lon(seen.at))
                    .text("crs", "EPSG:4490")
                    .num("epoch", 2000.0, 1)
                    .num("sigma_m", sigma_m, 3)
                    .num("height_m", seen.height_m, 3)
                    .text("height_datum", "invented sea level")
                    .num("sigma_height_m", 1.5 * sigma_m, 3)
                    .int("sessions", if method == "rtk" { 2 } else { 1 })
                    .text("condition", element.condition);
                if method == "rtk" {
                    props = props
                        .text("fix_kind", "rtk_fixed")
                        .int("satellites", 17)
                        .num("pdop", 1.6, 1);
                }
                observations.point(seen.at, props);
                (number, seen)
            });
            let [(number_a, a), (number_b, b)] = both;
            let (apart, azimuth) = world.earth.inverse(a.at, b.at);
            // The mean, weighted by the variances of both sides.
            let (wa, wb) = (a.sigma_m.powi(-2), b.sigma_m.powi(-2));
            let mean = world.earth.direct(a.at, azimuth, apart * wb / (wa + wb)).rounded();
            let height_m = (a.height_m * wa + b.height_m * wb) / (wa + wb);
            let props = Props::new()
                .text("number", &format!("{label}-2026-1"))
                .text("marker", &marker.number)
                .text("marker_element", &label)
                .text("inspection", "2026-1")
                .text("observation_a", &number_a)
                .text("observation_b", &number_b)
                .text("method", "adjustment")
                .num("difference_m", apart, 3)
                .num("difference_azimuth_deg", azimuth, 1)
                .num("sigma_m", (wa + wb).sqrt().recip(), 3)
                .num("height_m", height_m, 3)
                .text("height_datum", "invented sea level")
                .text("agreed_on", "2026-08-12")
                .two(
                    "remarks",
                    "双方观测加权平均",
                    "Mean of both sides, weighted by their variances",
                );
            agreed.point(mean, props);
        }
    }
    (observations.finish(), agreed.finish())
}

fn consultations() -> String {
    papers([
        Props::new()
            .text("number", "B-2025-01/C1")
            .text("project", "B-2025-01")
            .text("kind", "agency_opinion")
            .two("authority", "阿斯特兰水利局", "Astrand Water Office")
            .text("party", "AST")
            .text("asked_on", "2025-03-04")
            .text("reply_due", "2025-04-03")
            .text("replied_on", "2025-03-28")
            .text("result", "agreed_with_conditions")
            .two(
                "conditions",
                "桥墩不得缩窄主流",
                "The piers must not narrow the main stream",
            )
            .text("reference_out", "FA/2025/112")
            .text("reference_in", "WO/2025/64"),
        Props::new()
            .text("number", "B-2025-01/C2")
            .text("project", "B-2025-01")
            .text("kind", "joint_agreement")
            .two("authority", "韦拉边界事务署", "Veyran Boundary Office")
            .text("party", "VEY")
            .text("asked_on", "2025-06-16")
            .text("reply_due", "2025-08-15")
            .text("result", "pending")
            .text("reference_out", "NV-2025-31"),
        Props::new()
            .text("number", "B-2025-02/C1")
            .text("project", "B-2025-02")
            .text("kind", "neighbour_consultation")
            .two("authority", "阿斯特兰边界事务局", "Astrand Boundary Office")
            .text("party", "AST")
            .text("asked_on", "2025-02-10")
            .text("reply_due", "2025-03-12")
            .text("replied_on", "2025-03-05")
            .text("result", "agreed")
            .two(
                "opinion",
                "工程不改变河道走向",
                "The works leave the course of the river as it is",
            )
            .text("reference_out", "VB-2025-7")
            .text("reference_in", "AB-2025-19"),
    ])
}

fn authorisations() -> String {
    papers([Props::new()
        .text("number", "B-2025-02/A1")
        .text("project", "B-2025-02")
        .text("decision", "authorised")
        .two("authority", "韦拉边界事务署", "Veyran Boundary Office")
        .text("decided_on", "2025-04-22")
        .text("starts_on", "2025-05-01")
        .text("ends_on", "2026-10-31")
        .two(
            "scope",
            "右岸抛石护岸440米",
            "Stone revetment of 440 m on the right bank",
        )
        .two(
            "conditions",
            "施工不得越过水边线2米以上",
            "No work more than 2 m beyond the water's edge",
        )
        .text("citation", "Treaty of 1994, article 10, 2 (invented)")])
}

fn contracts() -> String {
    papers([Props::new()
        .text("number", "B-2025-02/K1")
        .text("project", "B-2025-02")
        .text("name_zh", "右岸护岸施工合同")
        .text("name_en", "Contract for the right bank")
        .text("state", "signed")
        .two("contractor", "萨尔克米亚水工公司", "Sarquemia Waterworks")
        .two("supervisor", "伊卢韦萨监理所", "Iluvessa Supervisors")
        .num("amount", 1_840_000.0, 2)
        .text("currency", "XTS")
        .text("signed_on", "2025-05-30")
        .text("starts_on", "2025-07-01")
        .text("ends_on", "2026-09-30")
        .text("defects_until", "2028-09-30")])
}

fn work_programmes() -> String {
    papers([Props::new()
        .text("number", "B-2025-02/W1")
        .text("project", "B-2025-02")
        .int("revision", 2)
        .text("state", "approved")
        .text("authorisation", "B-2025-02/A1")
        .text("contract", "B-2025-02/K1")
        .text("submitted_on", "2025-06-03")
        .text("approved_on", "2025-06-20")
        .two("approved_by", "韦拉边界事务署", "Veyran Boundary Office")
        .text("starts_on", "2025-07-14")
        .text("ends_on", "2026-09-15")
        .two(
            "method",
            "自岸上抛石，不占用水道",
            "Stone is placed from the bank; the channel stays free",
        )
        .num("volume_m3", 6_200.0, 0)
        .json("crews", "[{\"name\":\"bank crew\",\"persons\":14}]")
        .json(
            "equipment",
            "[{\"kind\":\"excavator\",\"count\":2},{\"kind\":\"lorry\",\"count\":5}]",
        )
        .json("crossings", "[]")
        .two("restoration", "施工道路恢复植被", "Tracks are planted again")])
}

fn notices(world: &World) -> String {
    let strayed = by_sequence(world, WRONG_SIDE);
    papers([
        Props::new()
            .text("number", "N-2025-7")
            .text("kind", "works")
            .text("direction", "received")
            .text("channel", "representative_letter")
            .text("sender", "VEY")
            .text("recipient", "AST")
            .text("given_on", "2025-07-01")
            .text("project", "B-2025-02")
            .text("starts_on", "2025-07-14")
            .text("ends_on", "2026-09-15")
            .int("notice_days", 10)
            .two("text", "护岸工程将于7月14日开工", "The bank works begin on 14 July")
            .text("reply_due", "2025-07-11")
            .text("replied_on", "2025-07-08")
            .text("reply_number", "AB-2025-44")
            .two("reply", "已知悉", "Noted"),
        Props::new()
            .text("number", "N-2026-3")
            .text("kind", "marker")
            .text("direction", "sent")
            .text("channel", "hotline")
            .text("sender", "AST")
            .text("recipient", "VEY")
            .text("given_on", "2026-08-08")
            .text("marker_event", &format!("{}-2026-1", strayed.number))
            .text("inspection", "2026-1")
            .two(
                "text",
                "请共同确认标体位置",
                "We ask to confirm the place of the element together",
            )
            .text("reply_due", "2026-08-28"),
    ])
}

fn site_visits() -> String {
    papers([Props::new()
        .text("number", "B-2025-02/V1")
        .text("project", "B-2025-02")
        .text("kind", "joint")
        .text("visited_on", "2026-05-19")
        .text("party", "AST")
        .json(
            "participants",
            "[{\"party\":\"AST\",\"persons\":2},{\"party\":\"VEY\",\"persons\":3}]",
        )
        .two(
            "findings",
            "施工范围与方案相符，下游端多堆石约30米",
            "Within the programme, but for some 30 m of stone at the lower end",
        )
        .two("measures", "清除多余堆石", "The stone beyond is to be taken away")
        .text("measures_due", "2026-06-30")
        .text("measures_done_on", "2026-06-24")])
}

fn audits() -> String {
    papers([Props::new()
        .text("number", "B-2025-02/D1")
        .text("project", "B-2025-02")
        .text("stage", "during")
        .text("audited_on", "2026-07-02")
        .two("auditor", "韦拉审计署", "Veyran Audit Office")
        .text("result", "conforming_with_remarks")
        .text("work_programme", "B-2025-02/W1")
        .num("outside_m2", 84.0, 0)
        .num("deviation_m", 2.6, 1)
        .num("volume_overrun_percent", 3.1, 1)
        .two(
            "findings",
            "超出范围部分已于6月清除",
            "What was outside had been taken away in June",
        )
        .two(
            "recommendations",
            "完工后复测岸线",
            "The bank is to be surveyed again at the end",
        )])
}

fn affairs() -> String {
    papers([
        Props::new()
            .text("number", "PA-2026-1")
            .text("name_zh", "克韦尔马克口岸夏季延长开放时间")
            .text("name_en", "Longer summer hours at Kvellmark")
            .text("kind", "hours_change")
            .text("state", "in_effect")
            .text("port", "K1")
            .text("starts_at", "2026-06-01T00:00:00Z")
            .text("ends_at", "2026-10-01T00:00:00Z")
            .two("cause", "客货流量增加", "More travellers and goods")
            .text("traffic", "passenger,cargo")
            .two("approved_by", "双方口岸主管部门", "The port authorities of both sides")
            .text("approval_number", "PO-2026-12")
            .text("approved_on", "2026-05-12")
            .text("notified_on", "2026-05-14")
            .json("calendar", "[{\"days\":[1,2,3,4,5,6,7],\"from\":\"07:00\",\"to\":\"21:00\",\"traffic\":[\"passenger\",\"cargo\"]}]"),
        Props::new()
            .text("number", "PA-2026-2")
            .text("name_zh", "文纳里湖轮渡码头改建")
            .text("name_en", "Landing stage of Lake Vennary rebuilt")
            .text("kind", "facility_works")
            .text("state", "in_effect")
            .text("port", "K3")
            .text("starts_at", "2026-03-02T00:00:00Z")
            .two("description", "改建期间口岸暂停", "The port is suspended while it lasts")
            .text("notified_on", "2026-02-10"),
    ])
}

fn incidents(world: &World) -> String {
    let mut out = Features::new(DECIMALS);
    let near = by_sequence(world, 12);
    out.point(
        beside(world, near.elements[0].chainage_m + 320.0, -45.0),
        Props::new()
            .text("number", "I-2026-1")
            .text("name_zh", "羊群越界")
            .text("name_en", "Sheep across the line")
            .text("kind", "livestock_stray")
            .text("severity", "minor")
            .text("state", "closed")
            .text("detected_at", "2026-07-11T17:40:00Z")
            .text("reported_at", "2026-07-11T18:05:00Z")
            .text("reported_by", "Kvellmark border office")
            .num("sigma_m", 5.0, 1)
            .text("section", "S1")
            .text("marker", &near.number)
            .two(
                "facts",
                "约40只羊自阿斯特兰一侧越界",
                "Some 40 sheep went over from the Astrand side",
            )
            .two("facts_theirs", "发现羊41只，已圈留", "41 sheep were found and penned")
            .two(
                "measures",
                "通过热线联系并约定移交",
                "Called on the hotline; a handover was arranged",
            )
            .json(
                "escalation",
                "[{\"at\":\"2026-07-11T18:30:00Z\",\"to\":\"Foreign affairs office\"}]",
            )
            .two("outcome", "羊群全部移交", "All were handed over")
            .text("closed_on", "2026-07-14"),
    );
    let lake = world.course.line.section_start_m(2) + 2_600.0;
    out.point(
        beside(world, lake, 60.0),
        Props::new()
            .text("number", "I-2026-2")
            .text("name_zh", "湖面发现漂流浮标")
            .text("name_en", "Buoy adrift on the lake")
            .text("kind", "drifting_or_airborne_object")
            .text("severity", "moderate")
            .text("state", "investigating")
            .text("detected_at", "2026-09-02T20:15:00Z")
            .text("reported_at", "2026-09-02T20:40:00Z")
            .text("reported_by", "Lake patrol of Astrand")
            .num("sigma_m", 15.0, 1)
            .text("section", "S3")
            .text("port", "K3")
            .two(
                "facts",
                "浮标脱链，漂向东北",
                "The buoy had broken its chain and drifted to the north-east",
            )
            .text("reply_due", "2026-09-22"),
    );
    out.finish()
}

fn meetings() -> String {
    papers([Props::new()
        .text("number", "M-2026-1")
        .text("name_zh", "边界代表会晤")
        .text("name_en", "Meeting of the boundary representatives")
        .text("kind", "representatives")
        .text("level", "section")
        .text("starts_at", "2026-07-13T19:00:00Z")
        .text("ends_at", "2026-07-13T21:30:00Z")
        .two("place", "克韦尔马克", "Kvellmark")
        .text("host", "AST")
        .json("delegations", "[{\"party\":\"AST\",\"head\":\"Ingel Solvarth\",\"persons\":3},{\"party\":\"VEY\",\"head\":\"Melita Oquarre\",\"persons\":4}]")
        .json("agenda", &list(&["I-2026-1", "handover"]))
        .json("languages", &list(&["zh", "en"]))
        .two("minutes", "双方确认事实并商定移交时间", "Both sides confirmed the facts and agreed the time of the handover")
        .text("signed_on", "2026-07-13")
        .text("incident", "I-2026-1")
        .text("port", "K1")])
}

fn handover_acts(world: &World) -> String {
    let mut out = Features::new(DECIMALS);
    out.point(
        beside(world, 4_550.0, 2.0),
        Props::new()
            .text("number", "H-2026-1")
            .text("kind", "animals")
            .text("sender", "VEY")
            .text("recipient", "AST")
            .text("handed_over_at", "2026-07-14T18:20:00Z")
            .two("place", "克韦尔马克口岸", "Port of Kvellmark")
            .text("port", "K1")
            .text("incident", "I-2026-1")
            .json("items", "[{\"what\":\"sheep\",\"count\":41}]")
            .json("languages", &list(&["zh", "en"])),
    );
    out.finish()
}

fn representatives() -> String {
    let one = |number: &str, party: &str, role: &str, names: Names, office: (&str, &str), credential: &str| {
        Props::new()
            .text("number", number)
            .names(names)
            .text("party", party)
            .text("role", role)
            .two("office", office.0, office.1)
            .json("sections", &list(&["S1", "S2"]))
            .text("credential", credential)
            .text("issued_on", "2024-01-15")
            .text("starts_on", "2024-02-01")
            .text("ends_on", "2029-01-31")
    };
    papers([
        one(
            "AST-1",
            "AST",
            "representative",
            Names("英格尔·索尔瓦斯", "Ingel Solvarth", "Ингель Сольварт", "인겔 솔바르트"),
            ("阿斯特兰边界事务局", "Astrand Boundary Office"),
            "AST/2024/3",
        ),
        one(
            "VEY-1",
            "VEY",
            "representative",
            Names("梅丽塔·奥夸雷", "Melita Oquarre", "Мелита Окварре", "멜리타 오쿠아레"),
            ("韦拉边界事务署", "Veyran Boundary Office"),
            "VB-2024-11",
        ),
    ])
}
