//! What is refused, where, why, and what to do about it.
//!
//! A [`Problem`] is bad news about input. Findings and warnings are results and live elsewhere.

use super::text::{Lang, Message};

macro_rules! codes {
    ($($variant:ident $slug:literal $en:literal $zh:literal;)*) => {
        /// Every kind of refusal. The slug is the last part of the problem's address and never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($variant),* }

        impl Code {
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            pub const fn slug(self) -> &'static str {
                match self { $(Self::$variant => $slug),* }
            }

            /// The title: the same for every occurrence.
            pub fn title(self) -> Message {
                match self { $(Self::$variant => Message::new($en, $zh)),* }
            }
        }
    };
}

codes! {
    FileEmpty "file-empty" "The file is empty" "文件为空";
    FormatUnknown "format-unknown" "The file is not in a format that is read here" "无法识别的文件格式";
    FileMalformed "file-malformed" "The file is damaged or not well-formed" "文件损坏或格式不正确";
    FileForbiddenContent "file-forbidden-content" "The file holds something that is never read" "文件包含禁止读取的内容";
    FileTooLarge "file-too-large" "The file is larger than the limit" "文件超过大小限制";
    FileTooDeep "file-too-deep" "The file is nested deeper than the limit" "文件嵌套层次超过限制";
    FileWithoutPositions "file-without-positions" "No usable position in the file" "文件中没有可用的位置";
    EncodingUnknown "encoding-unknown" "The character encoding is not read here" "无法识别的字符编码";
    ColumnMissing "column-missing" "A column that is needed is missing" "缺少所需的列";
    ValueInvalid "value-invalid" "A value is not valid" "数值无效";
    CrsUnknown "crs-unknown" "The coordinate reference system is not known" "未知的坐标参考系";
    NotComparable "not-comparable" "Two reference systems cannot be compared" "两个坐标参考系之间无法比较";
    LineInvalid "line-invalid" "The line is not valid" "界线无效";
    ParameterInvalid "parameter-invalid" "A parameter is not valid" "参数无效";
    ParameterUnknown "parameter-unknown" "A parameter is not known here" "未知参数";
    FilterInvalid "filter-invalid" "The filter is not valid" "过滤条件无效";
    BodySilent "body-silent" "The body of the request did not come" "请求内容未到达";
    BodyInvalid "body-invalid" "The body of the request is not valid" "请求内容无效";
    NotFound "not-found" "Not found" "未找到";
    MethodNotAllowed "method-not-allowed" "The method is not allowed here" "不允许使用此方法";
    NotAcceptable "not-acceptable" "None of the formats asked for can be given" "无法提供所要求的格式";
    RangeInvalid "range-invalid" "The file has no such part" "文件没有所请求的部分";
    OriginForbidden "origin-forbidden" "Pages of this origin may not write" "不允许该来源的页面写入";
    SignInNeeded "sign-in-needed" "Sign in first" "需要登录";
    SignInFailed "sign-in-failed" "Signing in failed" "登录失败";
    CredentialInvalid "credential-invalid" "The session or token is good no more" "会话或令牌已失效";
    TooManyAttempts "too-many-attempts" "Too many attempts" "尝试次数过多";
    LinkUsed "link-used" "The link is good no more" "链接已失效";
    ProofNeeded "proof-needed" "Prove again who you are" "需要重新验证身份";
    Forbidden "forbidden" "Your roles do not allow this" "无权限";
    SamePerson "same-person" "Author and approver must be two persons" "编制人与批准人必须是不同的人";
    Decided "decided" "The proposal is decided" "该提案已有决定";
    Conflict "conflict" "The request contradicts what is stored" "请求与已存内容冲突";
    NumberTaken "number-taken" "The number is already in use" "编号已被使用";
    KeyInvalid "key-invalid" "The Idempotency-Key is not valid" "Idempotency-Key 无效";
    KeyReused "key-reused" "The Idempotency-Key was used for another request" "Idempotency-Key 已用于其他请求";
    KeyInFlight "key-in-flight" "The request is being worked on" "请求正在处理中";
    AnswerNotKept "answer-not-kept" "Done already; the answer was not kept" "操作已完成，应答未保留";
    Stale "stale" "The record was changed by someone else" "记录已被他人更改";
    VersionRequired "version-required" "The version that is changed must be named" "必须指明所更改的版本";
    Gone "gone" "The record is no longer in force" "记录已不再有效";
    MediaTypeUnsupported "media-type-unsupported" "The media type is not taken here" "不接受此媒体类型";
    GlyphMissing "glyph-missing" "A character has no glyph in the fonts at hand" "现有字体缺少所需字形";
    BackupDamaged "backup-damaged" "The backup is not whole" "备份不完整";
    BackupNeeded "backup-needed" "A fresh backup is needed first" "需要先有新的备份";
    StorageFull "storage-full" "There is no room left to store the file" "存储空间不足";
    ReaderUnavailable "reader-unavailable" "Files of this kind cannot be read on this machine" "本机无法读取此类文件";
    Unavailable "unavailable" "The service is not ready" "服务尚未就绪";
    Internal "internal" "Something went wrong inside the service" "服务内部错误";
}

/// Where in a file a problem or a warning stands. Lines and columns count from 1, bytes from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    pub line: u64,
    pub column: u64,
    pub byte: u64,
}

/// One refusal, complete enough to act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub code: Code,
    /// The file's name as the sender gave it, where the problem is about a file.
    pub file: Option<String>,
    pub place: Option<Place>,
    /// What is wrong, for people.
    pub detail: Message,
    /// What to do about it, for people.
    pub remedy: Message,
    /// The single mistakes, where a request had several: a JSON pointer, parameter or column name, and the reason.
    pub mistakes: Vec<Mistake>,
}

/// One of several mistakes in one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// A JSON pointer (`#/number`), a parameter's or a column's name.
    pub at: String,
    pub detail: Message,
}

impl Problem {
    pub fn new(code: Code, detail: Message, remedy: Message) -> Self {
        Self {
            code,
            file: None,
            place: None,
            detail,
            remedy,
            mistakes: Vec::new(),
        }
    }

    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    #[must_use]
    pub fn in_file(mut self, name: impl Into<String>) -> Self {
        self.file.get_or_insert(name.into());
        self
    }

    #[must_use]
    pub fn with_mistakes(mut self, mistakes: Vec<Mistake>) -> Self {
        self.mistakes = mistakes;
        self
    }
}

impl Problem {
    /// File, place, what, what to do.
    pub fn on_one_line(&self, lang: Lang) -> String {
        let mut said = String::new();
        if let Some(file) = &self.file {
            said.push_str(file);
            if let Some(place) = self.place {
                said.push_str(&format!(":{}:{}", place.line, place.column));
            }
            said.push_str(": ");
        }
        said.push_str(self.detail.get(lang));
        for mistake in &self.mistakes {
            said.push_str(&format!("; {}: {}", mistake.at, mistake.detail.get(lang)));
        }
        if !self.remedy.get(lang).is_empty() {
            said.push(' ');
            said.push_str(self.remedy.get(lang));
        }
        said
    }
}

/// In English, on one line.
impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.on_one_line(Lang::En))
    }
}

impl std::error::Error for Problem {}
