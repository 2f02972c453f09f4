//! The operations of one collection, each under its own path.

use serde_json::{Map, Value, json};

use super::again;
use super::parts::{
    To, answer, format, geometry, headers, in_header, in_path, lang, limit, query, refusals, refusals_read, shared,
};
use super::rest::read;
use crate::domain::proposal::wants_two_persons;
use crate::domain::schema::{ALL, Presence, Schema, Type, Writes};
use crate::http::ogc::crs;
use crate::http::ogc::import::MEDIA;
use crate::http::ogc::parameters::NAMES;
use crate::http::ogc::schema::{is_queryable, parameter};
use crate::service::export::ExportFormat;

const EXPORTS: [ExportFormat; 9] = ExportFormat::ALL;

/// The operations of one collection, under its own paths: desktop clients look for its name there.
pub fn paths(to: To, schema: &'static Schema, paths: &mut Map<String, Value>) {
    let home = format!("/collections/{}", schema.collection);
    let about = About { to, schema };
    paths.insert(format!("{home}/items"), about.items());
    paths.insert(format!("{home}/items/{{featureId}}"), about.item());
}

/// The schemas of one collection: its records as they are given out, and what may be sent of them.
pub fn schemas(to: To, schema: &'static Schema, schemas: &mut Map<String, Value>) {
    let about = About { to, schema };
    schemas.insert(about.name("record"), about.feature());
    if schema.writes == Writes::Versions {
        schemas.insert(about.name("change"), about.change());
    }
}

/// The parameters that collections share.
pub fn parameters(to: To) -> Map<String, Value> {
    let mut shared = Map::new();
    shared.insert("limit".to_owned(), limit(to));
    for parameter in common(to) {
        if let Some(name) = parameter["name"].as_str() {
            shared.insert(name.to_owned(), parameter.clone());
        }
    }
    shared.insert("f".to_owned(), format(to, &["geojson", "json", "html"]));
    shared.insert("lang".to_owned(), lang(to));
    shared.insert("featureId".to_owned(), feature_id(to));
    let none_match = in_header("If-None-Match", to.said("Tag of the copy at hand", "已有副本的标签"));
    shared.insert("If-None-Match".to_owned(), none_match);
    let if_match = in_header(
        "If-Match",
        to.said("Tag of the version that is changed", "所更改版本的标签"),
    );
    shared.insert("If-Match".to_owned(), if_match);
    shared.insert("Content-Crs".to_owned(), content_crs(to));
    shared.insert(again::NAME.to_owned(), again::parameter(to));
    shared.insert("Prefer".to_owned(), in_header("Prefer", "return=representation"));
    shared
}

/// A reference to a shared parameter.
fn by_name(name: &str) -> Value {
    json!({ "$ref": format!("#/components/parameters/{name}") })
}

/// What is told of every collection alike, under one path for all.
pub fn of_all(to: To, paths: &mut Map<String, Value>) {
    let names: Vec<&str> = ALL.iter().map(|schema| schema.collection).collect();
    let versioned = ALL.iter().filter(|schema| schema.writes == Writes::Versions);
    let versioned: Vec<&str> = versioned.map(|schema| schema.collection).collect();
    let collection = |names: &[&str]| {
        in_path(
            "collectionId",
            to.said("Name of the collection", "数据集名称"),
            &json!({ "type": "string", "enum": names }),
        )
    };
    let home = "/collections/{collectionId}";
    let page = json!({ "type": "string" });
    let object = json!({ "type": "object" });
    let mut add = |path: String, id: &str, summary: &str, parameters: Vec<Value>, content: &[(&str, Value)]| {
        let operation = reading(to, id, summary, parameters, content);
        paths.insert(path, json!({ "get": operation }));
    };
    add(
        home.to_owned(),
        "getCollection",
        to.said(
            "One collection: what it is, where, and links",
            "一个数据集：说明、范围与链接",
        ),
        vec![collection(&names), format(to, &["json", "html"]), by_name("lang")],
        &[
            (
                "application/json",
                json!({ "type": "object", "required": ["id", "links"] }),
            ),
            ("text/html", page.clone()),
        ],
    );
    for (path, id, english, chinese) in [
        ("queryables", "getQueryables", "What one may ask by", "可查询项"),
        ("sortables", "getSortables", "What one may sort by", "可排序项"),
        ("schema", "getSchema", "What a record holds", "字段定义"),
    ] {
        add(
            format!("{home}/{path}"),
            id,
            to.said(english, chinese),
            vec![
                collection(&names),
                format(to, &["schema", "json", "html"]),
                by_name("lang"),
            ],
            &[
                ("application/schema+json", object.clone()),
                ("application/json", object.clone()),
                ("text/html", page.clone()),
            ],
        );
    }
    let mut parameters = vec![collection(&names), format(to, &EXPORTS.map(ExportFormat::word))];
    let of_file = [
        "bbox-crs",
        "crs",
        "datetime",
        "known-at",
        "ids",
        "filter",
        "filter-lang",
        "filter-crs",
        "sortby",
    ];
    parameters.push(bbox(to));
    parameters.extend(of_file.map(by_name));
    parameters.extend(["properties", "lang", "If-None-Match"].map(by_name));
    parameters.push(query(
        "boundary",
        to.said(
            "Key of the boundary, where the collection has one",
            "国界代码（适用于按国界登记的数据集）",
        ),
        &page,
    ));
    parameters.push(query(
        "limit",
        to.said(
            "Records in the file, at most; all when absent",
            "文件中的记录数上限；缺省为全部",
        ),
        &json!({ "type": "integer", "minimum": 1 }),
    ));
    let files: Vec<(&str, Value)> = EXPORTS
        .iter()
        .map(|format| {
            let schema = match format {
                ExportFormat::GeoJson => json!({ "type": "object" }),
                _ => json!({ "type": "string", "format": "binary" }),
            };
            (format.media_type(), schema)
        })
        .collect();
    add(
        format!("{home}/export"),
        "getExport",
        to.said(
            "A collection, or what is selected of it, as a file; properties may be asked by as at items",
            "将数据集或其选定部分导出为文件；可按属性查询，与 items 相同",
        ),
        parameters,
        &files,
    );
    paths.insert(format!("{home}/import"), import(to, &collection(&versioned)));
    let mut add = |path: String, id: &str, summary: &str, parameters: Vec<Value>, content: &[(&str, Value)]| {
        let operation = reading(to, id, summary, parameters, content);
        paths.insert(path, json!({ "get": operation }));
    };
    let versions = json!({
        "type": "object",
        "required": ["versions"],
        "properties": { "versions": { "type": "array", "items": object } },
    });
    add(
        format!("{home}/items/{{featureId}}/versions"),
        "getVersions",
        to.said(
            "All versions of a record, and what each changed",
            "记录的全部版本及其变更",
        ),
        vec![
            collection(&versioned),
            by_name("featureId"),
            format(to, &["json", "html"]),
            by_name("lang"),
        ],
        &[("application/json", versions), ("text/html", page.clone())],
    );
    let version = |name: &str, en: &'static str, zh: &'static str| {
        in_path(name, to.said(en, zh), &json!({ "type": "integer", "minimum": 1 }))
    };
    let collected = json!({ "type": "object", "required": ["type", "features"] });
    let difference = json!({ "type": "object", "required": ["old", "new", "changed"] });
    add(
        format!("{home}/items/{{featureId}}/versions/{{old}}/difference/{{new}}"),
        "getDifference",
        to.said(
            "What two versions of a record differ in: their fields, and metres and square metres on the ground",
            "记录两个版本的差异：字段，以及实地的距离与面积",
        ),
        vec![
            collection(&versioned),
            by_name("featureId"),
            version("old", "Number of the one version", "一个版本的版本号"),
            version("new", "Number of the other version", "另一个版本的版本号"),
            format(to, &["json", "geojson", "html"]),
            by_name("lang"),
        ],
        &[
            ("application/json", difference),
            ("application/geo+json", collected),
            ("text/html", page.clone()),
        ],
    );
}

/// An operation that reads what is told of every collection alike.
fn reading(to: To, id: &str, summary: &str, parameters: Vec<Value>, content: &[(&str, Value)]) -> Value {
    let mut responses = read(to, answer(summary, content, None));
    refusals(&mut responses, &[400, 404, 406, 500]);
    json!({ "operationId": id, "tags": ["Start"], "summary": summary, "parameters": parameters, "responses": responses })
}

/// Taking a file over, and the page for it.
fn import(to: To, collection: &Value) -> Value {
    let text = json!({ "type": "string" });
    let flag = json!({ "type": "boolean", "default": false });
    let year = json!({ "type": "number", "minimum": 1800, "maximum": 2200 });
    let said = |en: &'static str, zh: &'static str| to.said(en, zh);
    let asked = [
        (
            "boundary",
            said(
                "Key of the boundary they belong to; the only one there is when absent",
                "所属国界代码；只有一条国界时可省略",
            ),
            &text,
        ),
        (
            "crs",
            said(
                "Reference system of the file; over what it says",
                "文件的坐标系；优先于文件所注",
            ),
            &text,
        ),
        (
            "epoch",
            said(
                "Epoch of the coordinates as a decimal year, where it is not the frame's",
                "坐标历元（十进制年），与框架历元不同时给出",
            ),
            &year,
        ),
        (
            "layer",
            said("Layer of a file with several", "图层名称（文件含多个图层时）"),
            &text,
        ),
        (
            "encoding",
            said("Encoding of its texts, such as GBK", "文字编码，如 GBK"),
            &text,
        ),
        (
            "map",
            said("Columns for fields: field=column,...", "字段与列的对应：字段=列名,..."),
            &text,
        ),
        (
            "set",
            said(
                "Values for fields that the file has not: field=value,...",
                "文件中没有的字段取值：字段=值,...",
            ),
            &text,
        ),
        (
            "dry-run",
            said("Tell what would change; change nothing", "只说明将有的变更，不写入"),
            &flag,
        ),
        (
            "partial",
            said("Take the good rows where others are bad", "有错误时仍导入正确的行"),
            &flag,
        ),
        ("reason", said("Why the records are taken over", "导入理由"), &text),
        (
            "instrument",
            said(
                "Key of the instrument by which they are in force",
                "据以生效的法律文件代码",
            ),
            &text,
        ),
        (
            "filename",
            said("Name of the file, for messages", "文件名，用于提示"),
            &text,
        ),
    ];
    let mut parameters = vec![collection.clone(), format(to, &["json", "html"]), by_name("lang")];
    parameters.extend(asked.iter().map(|(name, words, schema)| query(name, words, schema)));
    let file = json!({ "type": "string", "format": "binary" });
    let content: Map<String, Value> = MEDIA
        .iter()
        .map(|media| {
            let schema = if *media == "multipart/form-data" {
                let mut parts: Map<String, Value> = asked
                    .iter()
                    .map(|(name, _, schema)| ((*name).to_owned(), (*schema).clone()))
                    .collect();
                parts.insert("file".to_owned(), file.clone());
                json!({ "type": "object", "required": ["file"], "properties": parts })
            } else {
                file.clone()
            };
            ((*media).to_owned(), json!({ "schema": schema }))
        })
        .collect();
    let count = json!({ "type": "integer", "minimum": 0 });
    let outcome = json!({
        "type": "object",
        "required": ["collection", "file", "dry_run", "created", "changed", "unchanged", "refused", "rows"],
        "properties": {
            "collection": text, "file": text, "sha256": text, "bytes": count, "dry_run": { "type": "boolean" },
            "created": count, "changed": count, "unchanged": count, "refused": count,
            "two_persons": { "type": "boolean" }, "proposal": to.or_null(json!({ "type": "integer" })),
            "rows": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["place", "label", "what"],
                    "properties": {
                        "collection": text, "place": text, "label": text,
                        "what": { "type": "string", "enum": ["new", "changed", "unchanged", "refused"] },
                        "fields": { "type": "array", "items": text },
                        "mistakes": {
                            "type": "array",
                            "items": { "type": "object", "properties": { "at": text, "en": text, "zh": text } },
                        },
                    },
                },
            },
        },
    });
    let summary = said(
        "Take a file of records over: all of it or nothing, unless partial is asked for",
        "导入记录文件：默认全部导入或全部不导入",
    );
    let page = json!({ "type": "string" });
    let mut responses = Map::new();
    let there = headers(&[("Location", said("Address of the proposal", "提案的地址"))]);
    for (status, about, headers) in [
        ("200", said("What became of each row", "各行的处理结果"), None),
        (
            "202",
            said(
                "What would become of each row: proposed, because some of it is to be in force",
                "各行拟处理结果：部分内容拟生效，已作为提案提出",
            ),
            Some(there),
        ),
    ] {
        let told = [("application/json", outcome.clone()), ("text/html", page.clone())];
        responses.insert(status.to_owned(), answer(about, &told, headers));
    }
    refusals_read(
        to,
        &mut responses,
        &[400, 403, 404, 406, 409, 413, 415, 422, 500, 503, 507],
    );
    let form = said("The page by which a file is taken over", "导入页面");
    json!({
        "get": reading(
            to,
            "getImportPage",
            form,
            vec![collection.clone(), format(to, &["html"]), by_name("lang"), by_name("If-None-Match")],
            &[("text/html", page)],
        ),
        "post": {
            "operationId": "importRecords", "tags": ["Start"], "summary": summary, "parameters": parameters,
            "requestBody": { "required": true, "content": content }, "responses": responses,
        },
    })
}

struct About {
    to: To,
    schema: &'static Schema,
}

impl About {
    /// `getMarkers`, from a verb and the collection's name.
    fn id(&self, verb: &str, behind: &str) -> String {
        let name: String = self
            .schema
            .collection
            .split('_')
            .map(|word| {
                let mut letters = word.chars();
                let first = letters.next().map(|c| c.to_ascii_uppercase());
                first.into_iter().chain(letters).collect::<String>()
            })
            .collect();
        format!("{verb}{name}{behind}")
    }

    fn operation(&self, id: &str, summary: &str, parameters: &[Value], responses: &Map<String, Value>) -> Value {
        json!({
            "operationId": id,
            "tags": [self.schema.group.title().en],
            "summary": format!("{}: {summary}", self.schema.title.get(self.to.lang)),
            "parameters": parameters,
            "responses": responses,
        })
    }

    /// The name of one of its schemas.
    fn name(&self, which: &str) -> String {
        format!("{}.{which}", self.schema.collection)
    }

    fn items(&self) -> Value {
        let to = self.to;
        let mut parameters = vec![limit(to), bbox(to)];
        if self.schema.is_at_boundary() {
            parameters.push(query(
                "boundary",
                to.said("Key of the boundary", "国界代码"),
                &json!({ "type": "string" }),
            ));
        }
        // Desktop clients ask by filters only where they find these spelled out.
        for parameter in common(to) {
            let name = parameter["name"].as_str().unwrap_or_default();
            let is_property = self.schema.field(name).is_some();
            if is_property || matches!(name, "filter" | "filter-lang" | "datetime") {
                parameters.push(parameter);
            } else {
                parameters.push(by_name(name));
            }
        }
        let taken = |name: &str, parameters: &[Value]| parameters.iter().any(|p| p["name"] == name);
        for field in self.schema.fields().filter(|field| is_queryable(field)) {
            if !NAMES.contains(&field.name) && !taken(field.name, &parameters) {
                parameters.push(query(field.name, field.title.get(to.lang), &parameter(field, to.lang)));
            }
        }
        parameters.extend(["f", "lang", "If-None-Match"].map(by_name));
        let page = json!({
            "allOf": [
                shared("Page"),
                {
                    "type": "object",
                    "properties": { "features": { "type": "array", "items": shared(&self.name("record")) } },
                },
            ],
        });
        let summary = to.said("records, a page at a time", "分页列出记录");
        let content = [
            ("application/geo+json", page.clone()),
            ("application/json", page),
            ("text/html", json!({ "type": "string" })),
        ];
        let headers = headers(&[
            (
                "Content-Crs",
                to.said("Reference system of the positions", "坐标参考系"),
            ),
            ("Link", to.said("The next page, other formats", "下一页及其他格式")),
        ]);
        let mut responses = read(to, answer(summary, &content, Some(headers)));
        refusals(&mut responses, &[400, 404, 406, 422, 500]);
        let mut path = json!({ "get": self.operation(&self.id("get", ""), summary, &parameters, &responses) });
        if let (Writes::Versions, Value::Object(methods)) = (self.schema.writes, &mut path) {
            methods.insert("post".to_owned(), self.create());
        }
        path
    }

    fn item(&self) -> Value {
        let to = self.to;
        let parameters = ["featureId", "crs", "datetime", "known-at", "f", "lang", "If-None-Match"].map(by_name);
        let summary = to.said("one record", "一条记录");
        let record = shared(&self.name("record"));
        let content = [
            ("application/geo+json", record.clone()),
            ("application/json", record),
            ("text/html", json!({ "type": "string" })),
        ];
        let crs = (
            "Content-Crs",
            to.said("Reference system of the positions", "坐标参考系"),
        );
        let mut responses = read(to, answer(summary, &content, Some(headers(&[crs]))));
        refusals(&mut responses, &[400, 404, 406, 410, 422, 500]);
        let mut path = json!({ "get": self.operation(&self.id("get", "Record"), summary, &parameters, &responses) });
        if let (Writes::Versions, Value::Object(methods)) = (self.schema.writes, &mut path) {
            methods.extend(self.changes());
        }
        path
    }

    fn create(&self) -> Value {
        let to = self.to;
        let summary = to.said("register a new record", "登记新记录");
        let made = headers(&[
            ("Location", to.said("Address of the new record", "新记录的地址")),
            ("ETag", to.said("Tag of its first version", "首个版本的标签")),
        ]);
        let mut responses = Map::new();
        responses.insert(
            "201".to_owned(),
            json!({ "description": to.said("Registered", "已登记"), "headers": made }),
        );
        self.proposed(&mut responses);
        refusals(&mut responses, &[400, 403, 409, 413, 415, 422, 500, 507]);
        let parameters = ["Content-Crs", "Prefer"].map(by_name);
        let mut operation = self.operation(&self.id("create", ""), summary, &parameters, &responses);
        self.takes(
            &mut operation,
            &["application/geo+json", "application/json"],
            &self.draft(),
        );
        operation
    }

    /// What binds two states is approved by a second person.
    fn proposed(&self, responses: &mut Map<String, Value>) {
        if !wants_two_persons(self.schema) {
            return;
        }
        let to = self.to;
        let said = to.said(
            "Proposed, because it is to be in force: nothing is changed until a second person approves",
            "已提出：内容拟生效，须经第二人批准后才会变更",
        );
        let there = headers(&[("Location", to.said("Address of the proposal", "提案的地址"))]);
        let body = answer(said, &[("application/json", json!({ "type": "object" }))], Some(there));
        responses.insert("202".to_owned(), body);
    }

    fn changes(&self) -> Map<String, Value> {
        let to = self.to;
        let mut methods = Map::new();
        let tag = || headers(&[("ETag", to.said("Tag of the new version", "新版本的标签"))]);
        let changed = || {
            let mut responses = Map::new();
            let asked = to.said("The new version, where Prefer asked for it", "按 Prefer 要求返回新版本");
            responses.insert(
                "200".to_owned(),
                answer(
                    asked,
                    &[("application/geo+json", shared(&self.name("record")))],
                    Some(tag()),
                ),
            );
            responses.insert(
                "204".to_owned(),
                json!({ "description": to.said("Stored as a new version", "已存为新版本"), "headers": tag() }),
            );
            self.proposed(&mut responses);
            refusals(
                &mut responses,
                &[400, 403, 404, 409, 410, 412, 413, 415, 422, 428, 500, 507],
            );
            responses
        };
        let parameters = ["featureId", "If-Match", "Content-Crs", "Prefer"].map(by_name);
        let summary = to.said("replace a record by a new version", "以新版本替换记录");
        let mut put = self.operation(&self.id("replace", "Record"), summary, &parameters, &changed());
        self.takes(&mut put, &["application/geo+json", "application/json"], &self.draft());
        methods.insert("put".to_owned(), put);
        let summary = to.said(
            "change some of a record, as a new version",
            "部分更改记录（存为新版本）",
        );
        let mut patch = self.operation(&self.id("update", "Record"), summary, &parameters, &changed());
        self.takes(
            &mut patch,
            &["application/merge-patch+json"],
            &shared(&self.name("change")),
        );
        methods.insert("patch".to_owned(), patch);
        let mut responses = Map::new();
        responses.insert("204".to_owned(), json!({ "description": to.said("Retired", "已废止") }));
        self.proposed(&mut responses);
        refusals(&mut responses, &[400, 403, 404, 409, 410, 412, 422, 428, 500]);
        let text = json!({ "type": "string" });
        let parameters = [
            by_name("featureId"),
            by_name("If-Match"),
            query("reason", to.said("Why it is retired", "废止理由"), &text),
            query(
                "instrument",
                to.said("The instrument that retires it", "据以废止的法律文件"),
                &text,
            ),
            query(
                "valid_from",
                to.said("Since when it is out of force", "失效时间"),
                &text,
            ),
        ];
        let summary = to.said("retire a record; its versions stay", "废止记录；历史版本保留");
        methods.insert(
            "delete".to_owned(),
            self.operation(&self.id("retire", "Record"), summary, &parameters, &responses),
        );
        methods
    }

    fn takes(&self, operation: &mut Value, media: &[&str], schema: &Value) {
        if let Value::Object(members) = operation {
            let content: Map<String, Value> = media
                .iter()
                .map(|media| ((*media).to_owned(), json!({ "schema": schema })))
                .collect();
            members.insert(
                "requestBody".to_owned(),
                json!({ "required": true, "content": content }),
            );
        }
    }

    /// A record as it is given out: every property is there.
    fn feature(&self) -> Value {
        let properties: Map<String, Value> = self
            .schema
            .fields()
            .map(|field| {
                let schema = if is_queryable(field) && field.kind != Type::Texts {
                    self.to.or_null(parameter(field, self.to.lang))
                } else {
                    json!({})
                };
                (field.name.to_owned(), schema)
            })
            .collect();
        json!({
            "type": "object",
            "required": ["type", "geometry", "properties"],
            "properties": {
                "type": { "type": "string", "enum": ["Feature"] },
                "id": { "type": "integer", "format": "int64" },
                "geometry": {},
                "properties": { "type": "object", "properties": properties },
                "links": { "type": "array", "items": shared("Link") },
            },
        })
    }

    /// A whole record as it is sent: a change with nothing missing that must be there.
    fn draft(&self) -> Value {
        let required: Vec<&str> = self
            .schema
            .fields()
            // Who names no boundary may mean the only one there is.
            .filter(|field| field.presence == Presence::Required && field.default.is_none() && field.name != "boundary")
            .map(|field| field.name)
            .collect();
        let mut whole = json!({ "required": ["type", "properties"] });
        if let (Value::Object(whole), false) = (&mut whole, required.is_empty()) {
            whole.insert(
                "properties".to_owned(),
                json!({ "properties": { "type": "object", "required": required } }),
            );
        }
        json!({ "allOf": [shared(&self.name("change")), whole] })
    }

    /// What may be sent of a record; null empties.
    fn change(&self) -> Value {
        let properties: Map<String, Value> = self
            .schema
            .fields()
            .filter(|field| field.is_writable())
            .map(|field| {
                let schema = match field.kind {
                    Type::Document => json!({}),
                    Type::Texts => self
                        .to
                        .or_null(json!({ "type": "array", "items": { "type": "string" } })),
                    _ => self.to.or_null(parameter(field, self.to.lang)),
                };
                (field.name.to_owned(), schema)
            })
            .collect();
        json!({
            "type": "object",
            "properties": {
                "type": { "type": "string", "enum": ["Feature"] },
                "geometry": geometry(self.schema.shape),
                "properties": { "type": "object", "properties": properties },
            },
        })
    }
}

fn feature_id(to: To) -> Value {
    let description = to.said("Feature id, the same over all versions", "要素编号，各版本不变");
    in_path(
        "featureId",
        description,
        &json!({ "type": "integer", "format": "int64", "minimum": 1 }),
    )
}

fn bbox(to: To) -> Value {
    let description = to.said(
        "West, south, east, north; with a height after each corner, six numbers",
        "西、南、东、北；每角附高程时为六个数",
    );
    query(
        "bbox",
        description,
        &json!({ "type": "array", "minItems": 4, "maxItems": 6, "items": { "type": "number" } }),
    )
}

fn content_crs(to: To) -> Value {
    in_header(
        "Content-Crs",
        to.said(
            "Reference system of the positions sent, one that the collection lists, in angle brackets",
            "所提交坐标的参考系（数据集 crs 所列之一），置于尖括号中",
        ),
    )
}

/// The parameters that every collection takes beside its own properties.
fn common(to: To) -> Vec<Value> {
    let text = json!({ "type": "string" });
    let system = json!({ "type": "string", "format": "uri", "default": crs::CRS84 });
    vec![
        query(
            "cursor",
            to.said(
                "Where the page begins: from the link named next",
                "页的起点：取自 next 链接",
            ),
            &text,
        ),
        query(
            "bbox-crs",
            to.said("Reference system of bbox", "bbox 的坐标参考系"),
            &system,
        ),
        query(
            "crs",
            to.said("Reference system of the answer", "结果的坐标参考系"),
            &system,
        ),
        datetime(to),
        known_at(to),
        query(
            "ids",
            to.said("Feature ids, with commas between", "要素编号，以逗号分隔"),
            &json!({ "type": "array", "maxItems": 1000, "items": { "type": "integer", "format": "int64" } }),
        ),
        query("filter", to.said("A condition in CQL2", "CQL2 过滤条件"), &text),
        query(
            "filter-lang",
            to.said("How the filter is written", "过滤条件的语言"),
            &json!({ "type": "string", "enum": ["cql2-text", "cql2-json", "cql-text"], "default": "cql2-text" }),
        ),
        query(
            "filter-crs",
            to.said(
                "Reference system of the filter's geometries",
                "过滤条件中几何的坐标参考系",
            ),
            &system,
        ),
        query(
            "sortby",
            to.said(
                "Properties to sort by, - before those that begin with the greatest",
                "排序属性；降序者前加 -",
            ),
            &json!({ "type": "array", "maxItems": 8, "items": { "type": "string" } }),
        ),
        query(
            "properties",
            to.said("Properties that are given; all when absent", "返回的属性；缺省为全部"),
            &json!({ "type": "array", "items": { "type": "string" } }),
        ),
        query(
            "resultType",
            to.said("hits: how many there are, and no record", "hits：只返回数量"),
            &json!({ "type": "string", "enum": ["results", "hits"], "default": "results" }),
        ),
        query(
            "skipGeometry",
            to.said("Whether geometries are left out", "是否省略几何"),
            &json!({ "type": "boolean", "default": false }),
        ),
    ]
}

pub fn datetime(to: To) -> Value {
    query(
        "datetime",
        to.said(
            "An instant: the versions in force then; an interval: each record once, in its latest version in force within it; absent: now",
            "时刻：当时有效的版本；区间：其间最后有效的版本；缺省：现在",
        ),
        &json!({ "type": "string" }),
    )
}

pub fn known_at(to: To) -> Value {
    query(
        "known-at",
        to.said("As the register knew it at this time", "登记簿在该时刻所知的状态"),
        &json!({ "type": "string", "format": "date-time" }),
    )
}
