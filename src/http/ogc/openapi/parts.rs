//! What the operations share: parameters, schemas and the problems they may answer with.

use serde_json::{Map, Value, json};

use super::Edition;
use crate::domain::schema::{ALL, Label, Shape};
use crate::domain::text::Lang;
use crate::http::ogc::parameters::{DEFAULT_LIMIT, GREATEST_LIMIT};

/// For whom a document is made.
#[derive(Debug, Clone, Copy)]
pub struct To {
    pub lang: Lang,
    pub edition: Edition,
}

impl To {
    pub fn said(self, en: &'static str, zh: &'static str) -> &'static str {
        Label::new(en, zh).get(self.lang)
    }

    /// A property's schema that may also be null.
    pub fn or_null(self, mut schema: Value) -> Value {
        let Value::Object(members) = &mut schema else {
            return schema;
        };
        if let Some(Value::Array(words)) = members.get_mut("enum") {
            words.push(Value::Null);
        }
        match self.edition {
            Edition::V30 => {
                if members.contains_key("type") {
                    members.insert("nullable".to_owned(), Value::Bool(true));
                }
            }
            Edition::V31 => {
                if let Some(kind) = members.get("type").cloned() {
                    members.insert("type".to_owned(), json!([kind, "null"]));
                }
            }
        }
        schema
    }
}

/// A parameter of the query, in the style that desktop clients look for.
pub fn query(name: &str, description: &str, schema: &Value) -> Value {
    json!({
        "name": name,
        "in": "query",
        "description": description,
        "style": "form",
        "explode": false,
        "schema": schema,
    })
}

pub fn in_path(name: &str, description: &str, schema: &Value) -> Value {
    json!({ "name": name, "in": "path", "description": description, "required": true, "schema": schema })
}

pub fn in_header(name: &str, description: &str) -> Value {
    json!({ "name": name, "in": "header", "description": description, "schema": { "type": "string" } })
}

pub fn limit(to: To) -> Value {
    let description = to.said(
        "Records on a page, at most; a greater number counts as the greatest",
        "每页记录数上限；超过最大值时按最大值处理",
    );
    let schema = json!({ "type": "integer", "minimum": 1, "maximum": GREATEST_LIMIT, "default": DEFAULT_LIMIT });
    query("limit", description, &schema)
}

/// The format of the answer, of those that there are.
pub fn format(to: To, names: &[&str]) -> Value {
    let description = to.said("Format of the answer, over Accept", "结果格式，优先于 Accept");
    query("f", description, &json!({ "type": "string", "enum": names }))
}

pub fn lang(to: To) -> Value {
    let description = to.said(
        "Language of the answer, over Accept-Language",
        "结果语言，优先于 Accept-Language",
    );
    query("lang", description, &json!({ "type": "string", "enum": ["en", "zh"] }))
}

/// A reference to a shared schema.
pub fn shared(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

/// An answer with a body in one or more media types.
pub fn answer(description: &str, content: &[(&str, Value)], headers: Option<Value>) -> Value {
    let content: Map<String, Value> = content
        .iter()
        .map(|(media, schema)| ((*media).to_owned(), json!({ "schema": schema })))
        .collect();
    let mut answer = json!({ "description": description, "content": content });
    if let (Some(headers), Value::Object(members)) = (headers, &mut answer) {
        members.insert("headers".to_owned(), headers);
    }
    answer
}

/// Headers of an answer: names, and what they say.
pub fn headers(named: &[(&str, &str)]) -> Value {
    let headers: Map<String, Value> = named
        .iter()
        .map(|(name, what)| {
            (
                (*name).to_owned(),
                json!({ "description": what, "schema": { "type": "string" } }),
            )
        })
        .collect();
    Value::Object(headers)
}

/// Adds the refusals that an operation may answer with.
pub fn refusals(responses: &mut Map<String, Value>, statuses: &[u16]) {
    // Anybody may be asked to sign in first, or have no role for it.
    for status in statuses.iter().chain(&[401, 403]) {
        responses.insert(
            status.to_string(),
            json!({ "$ref": format!("#/components/responses/Problem{status}") }),
        );
    }
    responses.insert(
        "default".to_owned(),
        json!({ "$ref": "#/components/responses/Problem" }),
    );
}

/// Adds the refusals that an operation answers with as a page, too, for who reads pages.
pub fn refusals_read(to: To, responses: &mut Map<String, Value>, statuses: &[u16]) {
    refusals(responses, statuses);
    let content = [
        ("application/problem+json", shared("Problem")),
        ("text/html", json!({ "type": "string" })),
    ];
    for (status, when) in PROBLEMS.iter().filter(|(status, _)| statuses.contains(status)) {
        responses.insert(status.to_string(), answer(when.get(to.lang), &content, None));
    }
}

/// Every status of a refusal, and when it comes.
const PROBLEMS: &[(u16, Label)] = &[
    (
        400,
        Label::new(
            "A parameter or the body is not valid; all mistakes are listed",
            "参数或内容无效；列出全部错误",
        ),
    ),
    (
        401,
        Label::new("Sign in first, or with another token", "需要登录，或令牌已失效"),
    ),
    (
        403,
        Label::new(
            "Your roles do not allow it, or a page of this origin may not write",
            "您的角色无权限，或不允许该来源的页面写入",
        ),
    ),
    (404, Label::new("There is no such thing", "未找到")),
    (
        405,
        Label::new(
            "The method is not taken here; Allow lists those that are",
            "不支持该方法；可用方法见 Allow",
        ),
    ),
    (
        406,
        Label::new("None of the formats asked for can be given", "无法提供所要求的格式"),
    ),
    (
        409,
        Label::new("What is stored contradicts the request", "与已存内容冲突"),
    ),
    (
        410,
        Label::new(
            "The record was retired; its versions can still be read",
            "记录已废止；仍可查看其历史版本",
        ),
    ),
    (
        412,
        Label::new(
            "The record was changed since: the version in If-Match is not its newest",
            "记录已被更改：If-Match 所指不是最新版本",
        ),
    ),
    (413, Label::new("The body is larger than the limit", "内容超过大小限制")),
    (
        415,
        Label::new("The body is of a media type that is not read here", "不支持该媒体类型"),
    ),
    (416, Label::new("There is no such range of bytes", "字节范围无效")),
    (
        422,
        Label::new(
            "The content is not valid; each mistake has its JSON pointer",
            "内容无效；每处错误附 JSON 指针",
        ),
    ),
    (
        428,
        Label::new(
            "A record in force is changed only with If-Match",
            "有效记录的更改必须附 If-Match",
        ),
    ),
    (429, Label::new("Too many attempts; wait", "尝试次数过多，请稍候")),
    (
        500,
        Label::new(
            "A fault of the service; the number finds it in the log",
            "服务故障；可凭编号在日志中查找",
        ),
    ),
    (
        503,
        Label::new(
            "The service is not ready; Retry-After says when to ask again",
            "服务尚未就绪；Retry-After 给出重试时间",
        ),
    ),
    (507, Label::new("There is no room left", "存储空间不足")),
];

/// Schemas of positions and geometries; each kind by its name in GeoJSON.
pub fn geometry(shape: Shape) -> Value {
    match shape {
        Shape::None => json!({}),
        Shape::Point => shared("Point"),
        Shape::Line => shared("LineString"),
        Shape::Lines => json!({ "oneOf": [shared("LineString"), shared("MultiLineString")] }),
        Shape::Polygon => shared("Polygon"),
        Shape::Any => json!({ "oneOf": KINDS.iter().map(|(kind, _)| shared(kind)).collect::<Vec<_>>() }),
    }
}

/// Kinds of geometry, and how deep their coordinates are nested.
const KINDS: [(&str, usize); 6] = [
    ("Point", 0),
    ("MultiPoint", 1),
    ("LineString", 1),
    ("MultiLineString", 2),
    ("Polygon", 2),
    ("MultiPolygon", 3),
];

pub fn components(to: To) -> Value {
    let mut schemas = Map::new();
    for schema in ALL {
        super::features::schemas(to, schema, &mut schemas);
    }
    schemas.insert(
        "Page".to_owned(),
        json!({
            "type": "object",
            "required": ["type", "features"],
            "properties": {
                "type": { "type": "string", "enum": ["FeatureCollection"] },
                "timeStamp": { "type": "string", "format": "date-time" },
                "numberMatched": { "type": "integer", "minimum": 0 },
                "numberReturned": { "type": "integer", "minimum": 0 },
                "links": { "type": "array", "items": shared("Link") },
                "features": { "type": "array", "items": {} },
            },
        }),
    );
    for (kind, depth) in KINDS {
        let position = json!({ "type": "array", "minItems": 2, "items": { "type": "number" } });
        let coordinates = (0..depth).fold(position, |inner, _| json!({ "type": "array", "items": inner }));
        let schema = json!({
            "type": "object",
            "required": ["type", "coordinates"],
            "properties": { "type": { "type": "string", "enum": [kind] }, "coordinates": coordinates },
        });
        schemas.insert(kind.to_owned(), schema);
    }
    schemas.insert(
        "Link".to_owned(),
        json!({
            "type": "object",
            "required": ["href", "rel"],
            "properties": {
                "href": { "type": "string" },
                "rel": { "type": "string" },
                "type": { "type": "string" },
                "title": { "type": "string" },
                "templated": { "type": "boolean" },
            },
        }),
    );
    let texts = json!({ "type": "string" });
    schemas.insert(
        "Problem".to_owned(),
        json!({
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": texts, "title": texts, "detail": texts, "remedy": texts, "instance": texts,
                "status": { "type": "integer" },
                "errors": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": { "pointer": texts, "detail": texts },
                    },
                },
            },
        }),
    );
    let problem = |description: &str| answer(description, &[("application/problem+json", shared("Problem"))], None);
    let mut responses: Map<String, Value> = PROBLEMS
        .iter()
        .map(|(status, when)| (format!("Problem{status}"), problem(when.get(to.lang))))
        .collect();
    responses.insert(
        "Problem".to_owned(),
        problem(to.said("Any other refusal", "其他拒绝情形")),
    );
    responses.insert(
        "NotModified".to_owned(),
        json!({ "description": to.said("The caller has it already", "内容未变") }),
    );
    json!({
        "parameters": super::features::parameters(to),
        "schemas": schemas,
        "responses": responses,
        "securitySchemes": {
            "token": {
                "type": "http", "scheme": "bearer",
                "description": to.said("A token (mst_t_..., mst_d_...) or a session", "令牌（mst_t_...、mst_d_...）或会话"),
            },
            "password": {
                "type": "http", "scheme": "basic",
                "description": to.said("Any name, and a token as the password", "任意用户名，以令牌为密码"),
            },
            "session": {
                "type": "apiKey", "in": "cookie", "name": crate::http::who::COOKIE,
                "description": to.said("What signing in gives to a browser", "浏览器登录后的 Cookie"),
            },
        },
    })
}
