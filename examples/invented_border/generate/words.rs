//! Every name of the invented island, in four languages. None of these places exists.

/// One name in Chinese, English, Russian and Korean.
#[derive(Debug, Clone, Copy)]
pub struct Names(pub &'static str, pub &'static str, pub &'static str, pub &'static str);

/// Codes of the state left and right of the line, in its direction.
pub const SIDES: [&str; 2] = ["AST", "VEY"];

pub const NOTICE_EN: &str = "Invented: the island of Kelmora, its two states, this boundary and every coordinate in it were made up by a \
     program for demonstration and tests. Nothing here describes a real place.";
pub const NOTICE: Names = Names(
    "虚构数据：凯尔莫拉岛、岛上两国、本国界及其全部坐标均由程序编造，仅供演示和测试，不代表任何真实地点。",
    NOTICE_EN,
    "Вымышленные данные: остров Кельмора, оба его государства, эта граница и все координаты созданы программой для показа и проверки. Реальных мест здесь нет.",
    "가상 자료: 켈모라섬과 두 나라, 이 국경과 모든 좌표는 시연과 시험을 위하여 프로그람이 만들어 낸것이다. 실제 장소는 하나도 없다.",
);

pub const BOUNDARY: Names = Names(
    "阿斯特兰—韦拉国界（虚构）",
    "Astrand–Veyra boundary (invented)",
    "Граница Астранд — Вейра (вымышленная)",
    "아스트란드-베이라 국경 (가상)",
);

pub const PARTIES: [Names; 2] = [
    Names("阿斯特兰", "Astrand", "Астранд", "아스트란드"),
    Names("韦拉", "Veyra", "Вейра", "베이라"),
];

/// Key, names and character of the four sections.
pub const SECTIONS: [(&str, Names, &str); 4] = [
    (
        "S1",
        Names(
            "霍尔马岭段",
            "Hollmar Ridge section",
            "Участок хребта Холльмар",
            "홀마르산줄기 구간",
        ),
        "land",
    ),
    (
        "S2",
        Names(
            "埃尔瓦内河段",
            "Elvane River section",
            "Участок реки Эльване",
            "엘바네강 구간",
        ),
        "river",
    ),
    (
        "S3",
        Names(
            "文纳里湖段",
            "Lake Vennary section",
            "Участок озера Веннари",
            "벤나리호 구간",
        ),
        "shared_water",
    ),
    (
        "S4",
        Names(
            "东海岸段",
            "East coast section",
            "Участок восточного берега",
            "동해안 구간",
        ),
        "land",
    ),
];

pub const LAND: [Names; 3] = [
    Names("凯尔莫拉岛", "Kelmora", "остров Кельмора", "켈모라섬"),
    Names("斯克林岛", "Skerrin", "остров Скеррин", "스케린섬"),
    Names("卢沃岛", "Luvo", "остров Луво", "루보섬"),
];

pub const LAKE: Names = Names("文纳里湖", "Lake Vennary", "озеро Веннари", "벤나리호");
pub const RIDGE: Names = Names("霍尔马岭", "Hollmar Ridge", "хребет Холльмар", "홀마르산줄기");

pub const RIVERS: [(&str, Names); 6] = [
    (
        "elvane",
        Names("埃尔瓦内河", "Elvane River", "река Эльване", "엘바네강"),
    ),
    (
        "elvane_lower",
        Names("下埃尔瓦内河", "Lower Elvane", "Нижняя Эльване", "아래엘바네강"),
    ),
    ("skorn", Names("斯科恩溪", "Skorn Brook", "ручей Скорн", "스코른천")),
    ("merrel", Names("梅雷尔溪", "Merrel Brook", "ручей Меррель", "메렐천")),
    ("ossa", Names("奥瑟拉溪", "Ossera Brook", "ручей Оссера", "오세라천")),
    ("tarv", Names("塔尔文河", "Tarven River", "река Тарвен", "타르벤강")),
];

/// Share of the ridge from its western end, and the name of the peak there.
pub const PEAKS: [(f64, Names); 6] = [
    (0.11, Names("奥里塞尔山", "Mount Orrisel", "гора Оррисель", "오리셀산")),
    (0.27, Names("卡维纳山", "Mount Cavinna", "гора Кавинна", "카빈나산")),
    (0.40, Names("双石峰", "Twinstone", "гора Твинстон", "쌍돌봉")),
    (0.52, Names("托尔瓦内山", "Mount Torvane", "гора Торване", "토르바네산")),
    (0.73, Names("海尔根山", "Mount Hylgen", "гора Хюльген", "휠겐산")),
    (
        0.93,
        Names("东霍尔马峰", "East Hollmar", "Восточный Холльмар", "동홀마르봉"),
    ),
];

/// A town: its place in the local plane, its state, rank (1 capital, 2 town, 3 village) and names.
pub struct Town {
    pub at: [f64; 2],
    pub side: usize,
    pub rank: u8,
    pub names: Names,
}

const fn town(at: [f64; 2], side: usize, rank: u8, names: Names) -> Town {
    Town { at, side, rank, names }
}

pub const TOWNS: [Town; 11] = [
    town([27.2, 4.2], 0, 1, Names("哈尔韦伦", "Halverun", "Хальверун", "할베룬")),
    town(
        [4.0, 16.0],
        0,
        2,
        Names("奥斯特伦", "Osterlune", "Остерлуне", "오스테를루네"),
    ),
    town(
        [-5.6, 15.2],
        0,
        3,
        Names("克韦尔马克", "Kvellmark", "Квелльмарк", "크벨마르크"),
    ),
    town(
        [15.6, 1.6],
        0,
        3,
        Names("德拉夫内斯", "Dravness", "Дравнес", "드라브네스"),
    ),
    town(
        [18.6, -5.6],
        0,
        2,
        Names("松德哈洛", "Sundhallow", "Сундхаллоу", "순드할로"),
    ),
    town(
        [31.8, 16.6],
        0,
        3,
        Names("纳尔维恩", "Narvenhook", "Нарвенхук", "나르벤후크"),
    ),
    town(
        [-26.4, -4.4],
        1,
        1,
        Names("科尔韦拉", "Quorvella", "Корвелла", "코르벨라"),
    ),
    town(
        [-13.0, -11.0],
        1,
        2,
        Names("伊卢韦萨", "Iluvessa", "Илувесса", "일루베사"),
    ),
    town(
        [1.2, -6.2],
        1,
        3,
        Names("蓬塔雷尔", "Pontarrel", "Понтаррель", "폰타렐"),
    ),
    town(
        [4.0, -17.6],
        1,
        2,
        Names("萨尔克米亚", "Sarquemia", "Саркемия", "사르케미아"),
    ),
    town(
        [-17.8, 11.0],
        1,
        3,
        Names("塔马里萨", "Tamarrisa", "Тамарриса", "타마리사"),
    ),
];

/// Number and names of the islands and sandbars, in the order of the terrain.
pub const ISLANDS: [(&str, Names); 4] = [
    ("1", Names("长洲", "Long Bar", "Длинная коса", "긴모래톱")),
    ("2", Names("柳洲", "Osier Bar", "Ивовая коса", "버들모래톱")),
    ("3", Names("埃尔内岛", "Ernholm", "остров Эрнхольм", "에른홀름섬")),
    (
        "4",
        Names("小文纳里岛", "Little Vennary", "Малый Веннари", "작은벤나리섬"),
    ),
];

/// The legal papers: key, kind, number, signed, in force, names in Chinese and English, citation.
pub const INSTRUMENTS: [(&str, &str, &str, &str, &str, Names, &str); 4] = [
    (
        "treaty-1994",
        "treaty",
        "T-1994/1",
        "1994-06-14",
        "1995-02-01",
        Names(
            "阿斯特兰与韦拉国界条约（虚构）",
            "Treaty on the State Boundary between Astrand and Veyra (invented)",
            "Договор о государственной границе между Астрандом и Вейрой (вымышленный)",
            "아스트란드와 베이라 사이의 국경조약 (가상)",
        ),
        "Treaty on the State Boundary between Astrand and Veyra, Halverun, 14 June 1994, articles 2 to 5 (invented)",
    ),
    (
        "protocol-1998",
        "protocol",
        "P-1998/2",
        "1998-10-22",
        "1999-05-01",
        Names(
            "阿斯特兰—韦拉国界勘界议定书（虚构）",
            "Protocol on the Demarcation of the Boundary between Astrand and Veyra (invented)",
            "Протокол о демаркации границы между Астрандом и Вейрой (вымышленный)",
            "아스트란드-베이라 국경표식설정 의정서 (가상)",
        ),
        "Demarcation Protocol, Quorvella, 22 October 1998, with annexes 1 to 5: line description, album, marker forms, catalogue, islands (invented)",
    ),
    (
        "protocol-2012",
        "protocol",
        "P-2012/1",
        "2012-11-30",
        "2013-03-15",
        Names(
            "第一次联合检查议定书（虚构）",
            "Protocol of the First Joint Inspection (invented)",
            "Протокол первой совместной проверки (вымышленный)",
            "제1차 련합검사 의정서 (가상)",
        ),
        "Protocol of the First Joint Inspection, Iluvessa, 30 November 2012, annex 3: five auxiliary markers added (invented)",
    ),
    (
        "act-2025-C1",
        "act",
        "A-2025/C1",
        "2025-09-12",
        "2025-09-12",
        Names(
            "2025年控制检查记录（虚构）",
            "Act of the Control Inspection of 2025 (invented)",
            "Акт контрольного осмотра 2025 года (вымышленный)",
            "2025년 정기점검 기록 (가상)",
        ),
        "Act of the Control Inspection of section S1, Kvellmark, 12 September 2025 (invented)",
    ),
];

/// The two planned routes.
pub const ROUTES: [(&str, Names); 2] = [
    (
        "R1",
        Names(
            "霍尔马岭徒步路线",
            "Hollmar Ridge foot route",
            "Пеший маршрут по хребту Холльмар",
            "홀마르산줄기 도보로선",
        ),
    ),
    (
        "R2",
        Names(
            "埃尔瓦内河与文纳里湖船行路线",
            "Elvane and Lake Vennary boat route",
            "Водный маршрут Эльване — Веннари",
            "엘바네강·벤나리호 배길",
        ),
    ),
];
