//! The operations of one collection, each under its own path.

use serde_json::{Map, Value, json};

use super::parts::{To, answer, format, geometry, headers, in_header, in_path, lang, limit, query, refusals, shared};
use super::rest::read;
use crate::domain::schema::{Presence, Schema, Writes};
use crate::http::ogc::crs;
use crate::http::ogc::schema::{is_queryable, parameter};

pub fn paths(to: To, schema: &'static Schema, paths: &mut Map<String, Value>) {
    let home = format!("/collections/{}", schema.collection);
    let about = About { to, schema };
    paths.insert(home.clone(), about.collection());
    for (page, english, chinese) in [
        ("queryables", "What one may ask by", "可查询项"),
        ("schema", "What a record holds", "字段定义"),
    ] {
        paths.insert(
            format!("{home}/{page}"),
            about.described(page, to.said(english, chinese)),
        );
    }
    paths.insert(format!("{home}/items"), about.items());
    paths.insert(format!("{home}/items/{{featureId}}"), about.item());
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

    fn collection(&self) -> Value {
        let to = self.to;
        let summary = to.said("what it is, where, and links", "说明、范围与链接");
        let content = [
            (
                "application/json",
                json!({ "type": "object", "required": ["id", "links"] }),
            ),
            ("text/html", json!({ "type": "string" })),
        ];
        let mut responses = read(to, answer(summary, &content, None));
        refusals(&mut responses, &[400, 406, 500]);
        let parameters = [format(to, &["json", "html"]), lang(to)];
        json!({ "get": self.operation(&self.id("get", "Collection"), summary, &parameters, &responses) })
    }

    fn described(&self, page: &str, summary: &str) -> Value {
        let to = self.to;
        let object = json!({ "type": "object" });
        let content = [
            ("application/schema+json", object.clone()),
            ("application/json", object),
            ("text/html", json!({ "type": "string" })),
        ];
        let mut responses = read(to, answer(summary, &content, None));
        refusals(&mut responses, &[400, 406, 500]);
        let parameters = [format(to, &["schema", "json", "html"]), lang(to)];
        let behind = if page == "schema" { "Schema" } else { "Queryables" };
        json!({ "get": self.operation(&self.id("get", behind), summary, &parameters, &responses) })
    }

    fn items(&self) -> Value {
        let to = self.to;
        let mut parameters = vec![limit(to), bbox(to)];
        if self.schema.of_boundary {
            parameters.push(query(
                "boundary",
                to.said("Key of the boundary", "国界代码"),
                &json!({ "type": "string" }),
            ));
        }
        let taken = |name: &str, parameters: &[Value]| parameters.iter().any(|p| p["name"] == name);
        for field in self.schema.fields().filter(|field| is_queryable(field)) {
            if !taken(field.name, &parameters) {
                parameters.push(query(field.name, field.title.get(to.lang), &parameter(field, to.lang)));
            }
        }
        parameters.extend([format(to, &["geojson", "json", "html"]), lang(to)]);
        let page = json!({
            "type": "object",
            "required": ["type", "features"],
            "properties": {
                "type": { "type": "string", "enum": ["FeatureCollection"] },
                "timeStamp": { "type": "string", "format": "date-time" },
                "numberMatched": { "type": "integer", "minimum": 0 },
                "numberReturned": { "type": "integer", "minimum": 0 },
                "links": { "type": "array", "items": shared("Link") },
                "features": { "type": "array", "items": self.feature() },
            },
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
        refusals(&mut responses, &[400, 404, 406, 500]);
        let mut path = json!({ "get": self.operation(&self.id("get", ""), summary, &parameters, &responses) });
        if let (Writes::Versions, Value::Object(methods)) = (self.schema.writes, &mut path) {
            methods.insert("post".to_owned(), self.create());
        }
        path
    }

    fn item(&self) -> Value {
        let to = self.to;
        let parameters = [
            self.feature_id(),
            format(to, &["geojson", "json", "html"]),
            lang(to),
            in_header("If-None-Match", to.said("Tag of the copy at hand", "已有副本的标签")),
        ];
        let summary = to.said("one record", "一条记录");
        let content = [
            ("application/geo+json", self.feature()),
            ("application/json", self.feature()),
            ("text/html", json!({ "type": "string" })),
        ];
        let crs = (
            "Content-Crs",
            to.said("Reference system of the positions", "坐标参考系"),
        );
        let mut responses = read(to, answer(summary, &content, Some(headers(&[crs]))));
        refusals(&mut responses, &[400, 404, 406, 410, 500]);
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
        refusals(&mut responses, &[400, 403, 409, 413, 415, 422, 500, 507]);
        let parameters = [content_crs(to)];
        let mut operation = self.operation(&self.id("create", ""), summary, &parameters, &responses);
        self.takes(&mut operation, "application/geo+json", &self.draft(true));
        operation
    }

    fn changes(&self) -> Map<String, Value> {
        let to = self.to;
        let mut methods = Map::new();
        let if_match = || {
            in_header(
                "If-Match",
                to.said("Tag of the version that is changed", "所更改版本的标签"),
            )
        };
        let tag = || headers(&[("ETag", to.said("Tag of the new version", "新版本的标签"))]);
        let changed = || {
            let mut responses = Map::new();
            let asked = to.said("The new version, where Prefer asked for it", "按 Prefer 要求返回新版本");
            responses.insert(
                "200".to_owned(),
                answer(asked, &[("application/geo+json", self.feature())], Some(tag())),
            );
            responses.insert(
                "204".to_owned(),
                json!({ "description": to.said("Stored as a new version", "已存为新版本"), "headers": tag() }),
            );
            refusals(
                &mut responses,
                &[400, 403, 404, 409, 410, 412, 413, 415, 422, 428, 500, 507],
            );
            responses
        };
        let prefer = in_header("Prefer", "return=representation");
        let parameters = [self.feature_id(), if_match(), content_crs(to), prefer];
        let summary = to.said("replace a record by a new version", "以新版本替换记录");
        let mut put = self.operation(&self.id("replace", "Record"), summary, &parameters, &changed());
        self.takes(&mut put, "application/geo+json", &self.draft(true));
        methods.insert("put".to_owned(), put);
        let summary = to.said(
            "change some of a record, as a new version",
            "部分更改记录（存为新版本）",
        );
        let mut patch = self.operation(&self.id("update", "Record"), summary, &parameters, &changed());
        self.takes(&mut patch, "application/merge-patch+json", &self.draft(false));
        methods.insert("patch".to_owned(), patch);
        let mut responses = Map::new();
        responses.insert("204".to_owned(), json!({ "description": to.said("Retired", "已废止") }));
        refusals(&mut responses, &[400, 403, 404, 409, 410, 412, 422, 428, 500]);
        let parameters = [self.feature_id(), if_match()];
        let summary = to.said("retire a record; its versions stay", "废止记录；历史版本保留");
        methods.insert(
            "delete".to_owned(),
            self.operation(&self.id("retire", "Record"), summary, &parameters, &responses),
        );
        methods
    }

    fn takes(&self, operation: &mut Value, media: &str, schema: &Value) {
        if let Value::Object(members) = operation {
            let body = json!({ "required": true, "content": { media: { "schema": schema } } });
            members.insert("requestBody".to_owned(), body);
        }
    }

    fn feature_id(&self) -> Value {
        let description = self
            .to
            .said("Feature id, the same over all versions", "要素编号，各版本不变");
        in_path(
            "featureId",
            description,
            &json!({ "type": "integer", "format": "int64", "minimum": 1 }),
        )
    }

    /// A record as it is given out: every property is there.
    fn feature(&self) -> Value {
        let properties: Map<String, Value> = self
            .schema
            .fields()
            .map(|field| {
                let schema = if is_queryable(field) && field.kind != crate::domain::schema::Type::Texts {
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

    /// A record as it is sent: what the register gives itself may be left out.
    fn draft(&self, whole: bool) -> Value {
        let writable: Vec<_> = self.schema.fields().filter(|field| field.is_writable()).collect();
        let properties: Map<String, Value> = writable
            .iter()
            .map(|field| {
                let schema = match field.kind {
                    crate::domain::schema::Type::Document => json!({}),
                    crate::domain::schema::Type::Texts => json!({ "type": "array", "items": { "type": "string" } }),
                    _ => parameter(field, self.to.lang),
                };
                let may_be_null = !whole || field.presence != Presence::Required;
                let schema = if may_be_null { self.to.or_null(schema) } else { schema };
                (field.name.to_owned(), schema)
            })
            .collect();
        let required: Vec<&str> = writable
            .iter()
            .filter(|field| whole && field.presence == Presence::Required)
            .map(|field| field.name)
            .collect();
        let mut inner = json!({ "type": "object", "properties": properties });
        let mut outer = json!({ "type": "object" });
        if let (Value::Object(inner), false) = (&mut inner, required.is_empty()) {
            inner.insert("required".to_owned(), json!(required));
        }
        if let Value::Object(outer) = &mut outer {
            let shape = geometry(self.schema.shape);
            outer.insert(
                "properties".to_owned(),
                json!({
                    "type": { "type": "string", "enum": ["Feature"] },
                    "geometry": shape,
                    "properties": inner,
                }),
            );
            if whole {
                outer.insert("required".to_owned(), json!(["type", "geometry", "properties"]));
            }
        }
        outer
    }
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
    let mut parameter = in_header(
        "Content-Crs",
        to.said(
            "Reference system of the positions sent, in angle brackets",
            "所提交坐标的参考系，置于尖括号中",
        ),
    );
    if let Value::Object(members) = &mut parameter {
        let offered: Vec<String> = crs::offered().iter().map(|crs| format!("<{crs}>")).collect();
        members.insert("schema".to_owned(), json!({ "type": "string", "enum": offered }));
    }
    parameter
}
