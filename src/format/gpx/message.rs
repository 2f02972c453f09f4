//! What the reader says, in English and Chinese.

use crate::domain::problem::{Code, Place, Problem};
use crate::domain::text::Message;

/// A value as it may stand in a sentence: short, and without what would disturb it.
pub fn shown(value: &str) -> String {
    let mut shown: String = value.chars().filter(|c| !c.is_control()).take(40).collect();
    if value.chars().nth(40).is_some() {
        shown.push('…');
    }
    shown
}

fn malformed(detail: Message) -> Problem {
    Problem::new(
        Code::FileMalformed,
        detail,
        Message::new(
            "Copy the file again from the receiver; if the fault stays, open it in a text editor at this line and mend it.",
            "请从接收机重新复制该文件；若错误依旧，请用文本编辑器打开并修正该行。",
        ),
    )
}

pub fn not_gpx(root: &str) -> Problem {
    let root = shown(root);
    Problem::new(
        Code::FormatUnknown,
        Message::new(
            format!("The first element is <{root}>, so this is not a GPX file."),
            format!("文件的根元素为 <{root}>，不是 GPX 文件。"),
        ),
        export_as_gpx(),
    )
}

pub fn wrong_kind(kind: &Message) -> Problem {
    Problem::new(
        Code::FormatUnknown,
        Message::new(
            format!("The content is neither GPX nor NMEA 0183: it is {}.", kind.en),
            format!("文件内容既非 GPX 也非 NMEA 0183，而是{}。", kind.zh),
        ),
        export_as_gpx(),
    )
}

fn export_as_gpx() -> Message {
    Message::new(
        "Export the track from the receiver or its software as GPX 1.1 and send that file.",
        "请在接收机或其软件中将航迹导出为 GPX 1.1 后上传。",
    )
}

pub fn empty() -> Problem {
    Problem::new(
        Code::FileEmpty,
        Message::new("The file holds nothing at all.", "文件中没有任何内容。"),
        Message::new("Copy it again from the receiver.", "请从接收机重新复制该文件。"),
    )
}

pub fn unknown_namespace(uri: &str) -> Problem {
    let uri = shown(uri);
    Problem::new(
        Code::FormatUnknown,
        Message::new(
            format!("The element <gpx> belongs to the namespace \"{uri}\", which is neither GPX 1.0 nor GPX 1.1."),
            format!("<gpx> 元素的命名空间为“{uri}”，既不是 GPX 1.0 也不是 GPX 1.1。"),
        ),
        export_as_gpx(),
    )
}

pub fn no_element() -> Problem {
    malformed(Message::new(
        "The file ends before its first element.",
        "文件在第一个元素之前就结束了。",
    ))
}

pub fn cut_too_early(place: Place) -> Problem {
    malformed(Message::new(
        format!(
            "The file ends in the middle, at line {}, byte {}, before the first complete position.",
            place.line, place.byte
        ),
        format!(
            "文件在第 {} 行（第 {} 字节）处中断，此前没有完整的定位点。",
            place.line, place.byte
        ),
    ))
}

pub fn text_outside() -> Problem {
    malformed(Message::new(
        "There is text outside the element <gpx>.",
        "<gpx> 元素之外有多余的文字。",
    ))
}

pub fn second_root(name: &str) -> Problem {
    let name = shown(name);
    Problem::new(
        Code::FileMalformed,
        Message::new(
            format!(
                "After the end of <gpx> another element, <{name}>, begins: these are several documents in one file."
            ),
            format!("<gpx> 结束之后又出现 <{name}> 元素：一个文件中含有多个文档。"),
        ),
        Message::new(
            "Split the file where the first </gpx> ends and send the parts.",
            "请在第一个 </gpx> 之后将文件拆分，再分别上传。",
        ),
    )
}

pub fn mismatched_end(expected: &str, found: &str) -> Problem {
    let (expected, found) = (shown(expected), shown(found));
    malformed(Message::new(
        format!("The element <{expected}> is open here, but </{found}> is closed: something between is missing."),
        format!("此处应结束 <{expected}>，却出现 </{found}>：中间有内容缺失。"),
    ))
}

pub fn unmatched_end(found: &str) -> Problem {
    let found = shown(found);
    malformed(Message::new(
        format!("</{found}> is closed here, but was never opened."),
        format!("此处出现 </{found}>，但该元素从未打开。"),
    ))
}

pub fn lone_ampersand() -> Problem {
    Problem::new(
        Code::FileMalformed,
        Message::new(
            "There is a lone \"&\" in the text; in XML it is written \"&amp;\".",
            "文字中有单独的“&”；在 XML 中应写作“&amp;”。",
        ),
        Message::new(
            "Replace \"&\" by \"&amp;\" in this line, or rename the track on the receiver and export it again.",
            "请将该行的“&”改为“&amp;”，或在接收机上修改名称后重新导出。",
        ),
    )
}

pub fn bad_markup(what: &str) -> Problem {
    let what = shown(what);
    malformed(Message::new(
        format!("The markup is not well-formed XML ({what})."),
        format!("标记不符合 XML 语法（{what}）。"),
    ))
}

pub fn bad_attribute(element: &str) -> Problem {
    let element = shown(element);
    malformed(Message::new(
        format!("An attribute of <{element}> is not written as name=\"value\"."),
        format!("<{element}> 的属性没有写成 name=\"value\" 的形式。"),
    ))
}

pub fn twice(attribute: &str, element: &str) -> Problem {
    let element = shown(element);
    malformed(Message::new(
        format!("<{element}> has the attribute {attribute} twice."),
        format!("<{element}> 的属性 {attribute} 重复出现。"),
    ))
}

pub fn doctype() -> Problem {
    Problem::new(
        Code::FileForbiddenContent,
        Message::new(
            "The file has a document type declaration (<!DOCTYPE ...>). It is never read, because it can name other \
             files and grow without end; GPX needs none.",
            "文件含有文档类型声明（<!DOCTYPE ...>）。它可能引用其他文件或无限膨胀，因此一律不读取；GPX 不需要它。",
        ),
        Message::new(
            "Export the track again, or remove the declaration.",
            "请重新导出航迹，或删除该声明。",
        ),
    )
}

pub fn entity(name: &str) -> Problem {
    let name = shown(name);
    Problem::new(
        Code::FileForbiddenContent,
        Message::new(
            format!("The text refers to the entity \"&{name};\". Only the five of XML and numbers are read."),
            format!("文字引用了实体“&{name};”。只读取 XML 的五个预定义实体和数字引用。"),
        ),
        Message::new("Write the character itself in this line.", "请在该行直接写出该字符。"),
    )
}

pub fn too_deep(limit: usize) -> Problem {
    Problem::new(
        Code::FileTooDeep,
        Message::new(
            format!("More than {limit} elements are open inside one another."),
            format!("元素嵌套超过 {limit} 层。"),
        ),
        Message::new(
            "No receiver writes such a file: export the track again.",
            "接收机不会生成这样的文件：请重新导出航迹。",
        ),
    )
}

pub fn piece_too_long(limit: u64) -> Problem {
    let kib = limit >> 10;
    Problem::new(
        Code::FileTooLarge,
        Message::new(
            format!("One piece of text or markup is longer than {kib} KiB."),
            format!("单个文本或标记超过 {kib} KiB。"),
        ),
        Message::new(
            "Shorten the text at this line, or copy the file again from the receiver.",
            "请缩短该行的文字，或从接收机重新复制该文件。",
        ),
    )
}

pub fn too_many_namespaces() -> Problem {
    malformed(Message::new(
        "The file declares more namespaces than any honest file does.",
        "文件声明的命名空间过多。",
    ))
}

pub fn packed_damaged() -> Problem {
    malformed(Message::new(
        "The packed content is damaged and cannot be unpacked further.",
        "压缩内容已损坏，无法继续解压。",
    ))
}

pub fn unreadable(reason: &str) -> Problem {
    Problem::new(
        Code::Internal,
        Message::new(
            format!("The file could not be read to its end: {reason}."),
            format!("文件未能读到末尾：{reason}。"),
        ),
        Message::new("Try again.", "请重试。"),
    )
}

// What is odd but does not stop the reading.

pub fn file_cut(place: Place) -> Message {
    Message::new(
        format!(
            "The file ends in the middle, at line {}, byte {}. Everything complete before that was taken. Copy the file \
             again from the receiver.",
            place.line, place.byte
        ),
        format!(
            "文件在第 {} 行（第 {} 字节）处中断，此前的完整内容已读取。请从接收机重新复制该文件。",
            place.line, place.byte
        ),
    )
}

pub fn namespace_missing() -> Message {
    Message::new(
        "The file names no GPX namespace; it is read as GPX all the same.",
        "文件未声明 GPX 命名空间，仍按 GPX 读取。",
    )
}

pub fn namespace_odd(uri: &str) -> Message {
    let uri = shown(uri);
    Message::new(
        format!("The namespace \"{uri}\" is not written as GPX demands; it is read as GPX all the same."),
        format!("命名空间“{uri}”写法不符合 GPX 规定，仍按 GPX 读取。"),
    )
}

pub fn missing_coordinate(element: &str, attribute: &str) -> Message {
    Message::new(
        format!("A position was rejected: <{element}> has no {attribute}."),
        format!("一个定位点被拒绝：<{element}> 缺少 {attribute} 属性。"),
    )
}

/// `lat` or `lon` with a value that is no coordinate.
pub fn bad_coordinate(attribute: &str, value: &str, other: Option<f64>) -> Message {
    let latitude = attribute == "lat";
    let (en_what, zh_what) = if latitude {
        ("latitude", "纬度")
    } else {
        ("longitude", "经度")
    };
    let range = if latitude { 90 } else { 180 };
    let number = super::value::number(value);
    let text = value.trim();
    let (en, zh) = if text.is_empty() {
        (" it is empty".to_owned(), "为空".to_owned())
    } else if text.contains(',') && super::value::number(&text.replacen(',', ".", 1)).is_some() {
        (
            " the decimal sign is a comma, but GPX demands a point".to_owned(),
            "小数点写成了逗号，GPX 要求使用句点".to_owned(),
        )
    } else if let Some(number) = number {
        if latitude && number.abs() <= 180.0 && other.is_some_and(|lon| lon.abs() <= 90.0 && lon != 0.0) {
            (
                " a latitude lies between -90 and 90; latitude and longitude may be exchanged".to_owned(),
                "纬度应在 -90 至 90 之间；经纬度可能写反".to_owned(),
            )
        } else if number.abs() > 1000.0 {
            (
                format!(" it must lie between -{range} and {range} degrees; it looks like metres of a map projection"),
                format!("应在 -{range} 至 {range} 度之间；该值像是投影坐标（米）"),
            )
        } else {
            (
                format!(" it must lie between -{range} and {range}"),
                format!("应在 -{range} 至 {range} 之间"),
            )
        }
    } else {
        (" it is not a finite number".to_owned(), "不是有限的数值".to_owned())
    };
    let value = shown(value);
    Message::new(
        format!("A position was rejected: the {en_what} is \"{value}\";{en}."),
        format!("一个定位点被拒绝：{zh_what}为“{value}”，{zh}。"),
    )
}

pub fn null_island() -> Message {
    Message::new(
        "A position is exactly 0° 0°, which receivers without a fix write. It was taken as it stands.",
        "一个定位点恰为 0°、0°，接收机未定位时常写此值。已按原样读取。",
    )
}

pub fn misplaced(element: &str) -> Message {
    let element = shown(element);
    Message::new(
        format!("A position was rejected: <{element}> stands where GPX has no such element."),
        format!("一个定位点被拒绝：<{element}> 出现在 GPX 不允许的位置。"),
    )
}

pub fn bad_number(element: &str, value: &str) -> Message {
    let value = shown(value);
    Message::new(
        format!("<{element}> is \"{value}\", which is no such number; it was left out."),
        format!("<{element}> 的值“{value}”无效，已忽略。"),
    )
}

pub fn unknown_fix_kind(value: &str) -> Message {
    let value = shown(value);
    Message::new(
        format!("The kind of fix \"{value}\" is not known; the position was taken without it."),
        format!("未知的定位类型“{value}”；已读取该点，但不含定位类型。"),
    )
}

pub fn bad_time(value: &str) -> Message {
    let value = shown(value);
    Message::new(
        format!("The time \"{value}\" is no moment that ever was; the position was taken without a time."),
        format!("时间“{value}”无效；已读取该点，但不含时间。"),
    )
}

pub fn time_without_zone(value: &str) -> Message {
    let value = shown(value);
    Message::new(
        format!("The time \"{value}\" has no time zone; it is taken as UTC."),
        format!("时间“{value}”没有时区，按 UTC 处理。"),
    )
}

pub fn time_before_gps(value: &str) -> Message {
    let value = shown(value);
    Message::new(
        format!("The time \"{value}\" is before satellite navigation began: the receiver did not know the time."),
        format!("时间“{value}”早于卫星导航启用之时：接收机当时未获得时间。"),
    )
}

pub fn time_in_future(value: &str) -> Message {
    let value = shown(value);
    Message::new(
        format!("The time \"{value}\" is still to come: the receiver's clock was wrong."),
        format!("时间“{value}”尚未到来：接收机时钟有误。"),
    )
}

pub fn time_backwards(value: &str) -> Message {
    let value = shown(value);
    Message::new(
        format!("The time \"{value}\" is earlier than that of the point before."),
        format!("时间“{value}”早于前一点的时间。"),
    )
}

pub fn time_missing(without: u64, of: u64) -> Message {
    Message::new(
        format!("{without} of {of} track points have no time."),
        format!("{of} 个航迹点中有 {without} 个没有时间。"),
    )
}

pub fn text_cleaned() -> Message {
    Message::new(
        "Characters that cannot be shown or that turn the reading direction were taken out of a text.",
        "已从文字中删除无法显示或改变书写方向的字符。",
    )
}

pub fn text_cut(limit: usize) -> Message {
    Message::new(
        format!("A text is longer than {limit} characters; the rest was left out."),
        format!("文字超过 {limit} 个字符，其余部分已省略。"),
    )
}

pub fn link_dropped(value: &str) -> Message {
    let value = shown(value);
    Message::new(
        format!("The link \"{value}\" was left out: only http and https addresses are kept."),
        format!("链接“{value}”已忽略：只保留 http 和 https 地址。"),
    )
}

pub fn undecodable(count: u64, encoding: &str) -> Message {
    Message::new(
        format!("{count} places in the text are not {encoding}; they are shown as a question mark or \u{FFFD}."),
        format!("文字中有 {count} 处不符合 {encoding} 编码，显示为问号或 \u{FFFD}。"),
    )
}

pub fn no_positions() -> Message {
    Message::new("The file holds no usable position.", "文件中没有可用的定位点。")
}

pub fn padding() -> Message {
    Message::new(
        "The file is filled up with zero bytes after its end; they were passed over.",
        "文件末尾之后填充了零字节，已略过。",
    )
}
