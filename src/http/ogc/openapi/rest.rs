//! The operations that are not about one collection.

use serde_json::{Map, Value, json};

use super::features::{datetime, known_at};
use super::parts::{To, answer, format, headers, in_path, lang, query, refusals, shared};
use crate::domain::schema::{ALL, Shape};

/// Start, standards, collections, and the interface itself.
pub fn landing(to: To, paths: &mut Map<String, Value>) {
    let links = json!({ "type": "array", "items": shared("Link") });
    let listed = |name: &str, schema: Value| json!({ "type": "object", "required": ["links", name], "properties": { "links": links, name: schema } });
    let page = json!({ "type": "string" });
    let mut add = |path: &str, id: &str, summary: &str, schema: Value| {
        let content = [("application/json", schema), ("text/html", page.clone())];
        let mut responses = read(to, answer(summary, &content, None));
        refusals(&mut responses, &[400, 406, 500]);
        paths.insert(
            path.to_owned(),
            json!({ "get": {
                "operationId": id, "tags": ["Start"], "summary": summary,
                "parameters": [format(to, &["json", "html"]), lang(to)],
                "responses": responses,
            } }),
        );
    };
    let object = json!({ "type": "object" });
    add(
        "/",
        "getLandingPage",
        to.said("Landing page; the map for browsers", "入口；浏览器显示地图"),
        json!({
            "type": "object",
            "required": ["links", "title"],
            "properties": { "title": { "type": "string" }, "description": { "type": "string" }, "links": links },
        }),
    );
    add(
        "/conformance",
        "getConformance",
        to.said("Standards that hold here", "所符合的标准"),
        json!({
            "type": "object",
            "required": ["conformsTo"],
            "properties": { "conformsTo": { "type": "array", "items": { "type": "string" } } },
        }),
    );
    add(
        "/collections",
        "getCollections",
        to.said("All collections", "全部数据集"),
        listed("collections", json!({ "type": "array", "items": object })),
    );
    for (path, id, media, short) in [
        (
            "/api",
            "getApi",
            super::OPENAPI_30.media,
            "application/openapi+json;version=3.0",
        ),
        (
            "/api/3.1",
            "getApi31",
            super::OPENAPI_31.media,
            "application/openapi+json;version=3.1",
        ),
    ] {
        let summary = to.said("This document", "本文档");
        let content = [
            (media, object.clone()),
            (short, object.clone()),
            ("application/json", object.clone()),
            ("text/html", page.clone()),
        ];
        let mut responses = read(to, answer(summary, &content, None));
        refusals(&mut responses, &[400, 406, 500]);
        paths.insert(
            path.to_owned(),
            json!({ "get": {
                "operationId": id, "tags": ["Start"], "summary": summary,
                "parameters": [format(to, &["json", "openapi", "plain", "html"]), lang(to)],
                "responses": responses,
            } }),
        );
    }
}

/// The answer and 304, which every reading operation with a tag has.
pub fn read(to: To, answer: Value) -> Map<String, Value> {
    let mut answer = answer;
    if let Value::Object(members) = &mut answer {
        let tag = to.said("Tag of this answer, for If-None-Match", "内容标签，用于 If-None-Match");
        let mut all = headers(&[("ETag", tag)]);
        if let (Some(Value::Object(own)), Value::Object(all)) = (members.remove("headers"), &mut all) {
            all.extend(own);
        }
        members.insert("headers".to_owned(), all);
    }
    let mut responses = Map::new();
    responses.insert("200".to_owned(), answer);
    responses.insert(
        "304".to_owned(),
        json!({ "$ref": "#/components/responses/NotModified" }),
    );
    responses
}

/// What an operation takes and gives, in one line.
struct Plain<'a> {
    path: &'a str,
    method: &'a str,
    id: &'a str,
    tag: &'a str,
    summary: &'static str,
    parameters: Vec<Value>,
    statuses: &'a [(u16, &'a str)],
    refusals: &'a [u16],
}

/// Boundaries, tiles, places, files, jobs and operations: what the map uses, described by what comes back.
pub fn others(to: To, paths: &mut Map<String, Value>) {
    let text = json!({ "type": "string" });
    let uuid = json!({ "type": "string", "format": "uuid" });
    let needed = |mut parameter: Value| {
        if let Value::Object(members) = &mut parameter {
            members.insert("required".to_owned(), Value::Bool(true));
        }
        parameter
    };
    let boundary = || needed(query("boundary", to.said("Key of the boundary", "国界代码"), &text));
    let id = || in_path("id", to.said("Identity", "标识"), &uuid);
    let json = "application/json";
    tiles(to, paths);
    uploads(to, paths);
    let all = [
        Plain {
            path: "/boundaries",
            method: "get",
            id: "listBoundaries",
            tag: "Map",
            summary: to.said(
                "All boundaries with their extents, sections and inspections",
                "全部国界及其范围、国界段和联合检查",
            ),
            parameters: vec![],
            statuses: &[(200, json)],
            refusals: &[500],
        },
        Plain {
            path: "/search",
            method: "get",
            id: "search",
            tag: "Map",
            summary: to.said(
                "Records and places along the line by what people call them",
                "按名称、编号查找记录与沿线位置",
            ),
            parameters: vec![
                needed(query("q", to.said("What is looked for", "查找内容"), &text)),
                query("boundary", to.said("Key of the boundary", "国界代码"), &text),
                query(
                    "collections",
                    to.said("Collections to look in", "查找的数据集"),
                    &json!({ "type": "array", "items": text }),
                ),
                datetime(to),
                known_at(to),
                query(
                    "limit",
                    to.said("Finds, at most", "结果数上限"),
                    &json!({ "type": "integer", "minimum": 1 }),
                ),
                format(to, &["geojson", "json", "html"]),
                lang(to),
            ],
            statuses: &[
                (200, "application/geo+json"),
                (200, "application/json"),
                (200, "text/html"),
            ],
            refusals: &[400, 404, 406, 500],
        },
        Plain {
            path: "/collections/{collectionId}/items/{featureId}/card",
            method: "get",
            id: "getCard",
            tag: "Map",
            summary: to.said(
                "A record with all that the map shows of it",
                "记录及其在地图上显示的全部内容",
            ),
            parameters: vec![
                in_path(
                    "collectionId",
                    to.said("Name of the collection", "数据集名称"),
                    &json!({ "type": "string", "enum": ALL.iter().map(|schema| schema.collection).collect::<Vec<_>>() }),
                ),
                in_path(
                    "featureId",
                    to.said("Feature id", "要素编号"),
                    &json!({ "type": "integer", "minimum": 1 }),
                ),
                datetime(to),
                known_at(to),
                format(to, &["geojson", "json"]),
                lang(to),
            ],
            statuses: &[(200, "application/geo+json")],
            refusals: &[400, 404, 406, 500],
        },
        Plain {
            path: "/base/{boundary}/{file}",
            method: "get",
            id: "getBaseLayer",
            tag: "Map",
            summary: to.said("A base layer of an invented boundary", "虚构国界的底图图层"),
            parameters: vec![
                in_path("boundary", to.said("Key of the boundary", "国界代码"), &text),
                in_path(
                    "file",
                    to.said(
                        "Name of the layer, with .geojson behind it",
                        "图层名称，以 .geojson 结尾",
                    ),
                    &text,
                ),
            ],
            statuses: &[(200, "application/geo+json")],
            refusals: &[404, 500],
        },
        Plain {
            path: "/at",
            method: "get",
            id: "getPlace",
            tag: "Map",
            summary: to.said(
                "What is to be said of a place: coordinates, nearest markers, chainage",
                "任意位置的坐标、最近界标与里程",
            ),
            parameters: vec![
                needed(query(
                    "lon",
                    to.said("Longitude in degrees", "经度（度）"),
                    &json!({ "type": "number" }),
                )),
                needed(query(
                    "lat",
                    to.said("Latitude in degrees", "纬度（度）"),
                    &json!({ "type": "number" }),
                )),
                boundary(),
            ],
            statuses: &[(200, json)],
            refusals: &[400, 404, 422, 500],
        },
        Plain {
            path: "/glossary",
            method: "get",
            id: "getGlossary",
            tag: "Map",
            summary: to.said("Terms of the field in four languages", "四种语言的术语"),
            parameters: vec![],
            statuses: &[(200, json)],
            refusals: &[500],
        },
        Plain {
            path: "/uploads",
            method: "get",
            id: "listUploads",
            tag: "Files",
            summary: to.said("The newest receipts", "最新回执"),
            parameters: vec![],
            statuses: &[(200, json)],
            refusals: &[500],
        },
        Plain {
            path: "/uploads/{id}",
            method: "get",
            id: "getUpload",
            tag: "Files",
            summary: to.said("One receipt", "一份回执"),
            parameters: vec![id()],
            statuses: &[(200, json)],
            refusals: &[400, 404, 500],
        },
        Plain {
            path: "/uploads/{id}/original",
            method: "get",
            id: "getOriginal",
            tag: "Files",
            summary: to.said("The file as it was sent", "原始文件"),
            parameters: vec![id()],
            statuses: &[(200, "application/octet-stream")],
            refusals: &[400, 404, 500],
        },
        Plain {
            path: "/inspections/{id}",
            method: "get",
            id: "getInspectionCard",
            tag: "Files",
            summary: to.said("One inspection", "一次联合检查"),
            parameters: vec![id()],
            statuses: &[(200, json)],
            refusals: &[400, 404, 500],
        },
        Plain {
            path: "/inspections/{id}/documents/act",
            method: "get",
            id: "getAct",
            tag: "Files",
            summary: to.said("The act of an inspection in two languages", "联合检查记录（双语）"),
            parameters: vec![
                id(),
                query(
                    "lang",
                    to.said("Two languages, the first on the left", "两种语言，第一种在左"),
                    &text,
                ),
                format(to, &["pdf"]),
            ],
            statuses: &[(200, "application/pdf")],
            refusals: &[400, 404, 406, 422, 500, 503],
        },
        Plain {
            path: "/check-runs/{id}",
            method: "get",
            id: "getCheckRun",
            tag: "Files",
            summary: to.said("One run of the checks", "一次检核"),
            parameters: vec![id()],
            statuses: &[(200, json)],
            refusals: &[400, 404, 500],
        },
        Plain {
            path: "/jobs/{id}",
            method: "get",
            id: "getJob",
            tag: "Files",
            summary: to.said("A job and how far it is", "任务及其进度"),
            parameters: vec![id()],
            statuses: &[(200, json)],
            refusals: &[400, 404, 500],
        },
        Plain {
            path: "/livez",
            method: "get",
            id: "getLive",
            tag: "Operations",
            summary: to.said("Whether the process lives", "进程是否存活"),
            parameters: vec![],
            statuses: &[(200, "text/plain; charset=utf-8")],
            refusals: &[500],
        },
        Plain {
            path: "/readyz",
            method: "get",
            id: "getReady",
            tag: "Operations",
            summary: to.said("Whether the service can answer", "服务是否就绪"),
            parameters: vec![],
            statuses: &[(200, "text/plain; charset=utf-8")],
            refusals: &[503],
        },
        Plain {
            path: "/audit",
            method: "get",
            id: "readLog",
            tag: "Operations",
            summary: to.said("The log of who did what, when and why", "操作日志"),
            parameters: vec![
                query("actor", to.said("Who", "操作者"), &text),
                query("action", to.said("What was done", "操作"), &text),
                query("kind", to.said("Kind of what it was done to", "对象类别"), &text),
                query("subject", to.said("What it was done to", "对象"), &text),
                datetime(to),
                query(
                    "before",
                    to.said("Events older than the one of this number", "早于此编号的记录"),
                    &json!({ "type": "integer", "minimum": 1 }),
                ),
                query(
                    "limit",
                    to.said("Events, at most", "记录数上限"),
                    &json!({ "type": "integer", "minimum": 1 }),
                ),
                format(to, &["json", "html"]),
                lang(to),
            ],
            statuses: &[(200, "application/json"), (200, "text/html")],
            refusals: &[400, 406, 500],
        },
        Plain {
            path: "/public",
            method: "get",
            id: "getPublic",
            tag: "Operations",
            summary: to.said(
                "What is public and in force, generalised to 0.01 degree; there where the operator has opened it",
                "公开且生效的内容，概化至0.01度；仅在运营者开放时提供",
            ),
            parameters: vec![
                query(
                    "bbox",
                    to.said("West, south, east, north, degrees", "西、南、东、北（度）"),
                    &text,
                ),
                query(
                    "after",
                    to.said("Features with ids above this one", "编号大于此值的要素"),
                    &json!({ "type": "integer", "minimum": 0 }),
                ),
                query(
                    "limit",
                    to.said("Features, at most", "要素数上限"),
                    &json!({ "type": "integer", "minimum": 1 }),
                ),
                format(to, &["geojson", "html"]),
                lang(to),
            ],
            statuses: &[(200, "application/geo+json"), (200, "text/html")],
            refusals: &[400, 404, 406, 500],
        },
        Plain {
            path: "/proposals",
            method: "get",
            id: "listProposals",
            tag: "People",
            summary: to.said(
                "What one person has proposed and another is to approve",
                "由一人提出、待他人批准的内容",
            ),
            parameters: vec![
                query(
                    "state",
                    to.said(
                        "What was decided; those to be decided when not said",
                        "处理状态；不注明则为待批准",
                    ),
                    &json!({ "type": "string", "enum": ["open", "approved", "rejected", "withdrawn", "all"] }),
                ),
                query(
                    "before",
                    to.said("Proposals older than the one of this number", "早于此编号的提案"),
                    &json!({ "type": "integer", "minimum": 1 }),
                ),
                query(
                    "limit",
                    to.said("Proposals, at most", "提案数上限"),
                    &json!({ "type": "integer", "minimum": 1 }),
                ),
                format(to, &["json", "html"]),
                lang(to),
            ],
            statuses: &[(200, "application/json"), (200, "text/html")],
            refusals: &[400, 406, 500],
        },
        Plain {
            path: "/proposals/{number}",
            method: "get",
            id: "getProposal",
            tag: "People",
            summary: to.said(
                "A proposal, and what it would do to the register as it is now",
                "提案及其对登记簿现状的影响",
            ),
            parameters: vec![
                in_path(
                    "number",
                    to.said("Number of the proposal", "提案编号"),
                    &json!({ "type": "integer", "minimum": 1 }),
                ),
                format(to, &["json", "html"]),
                lang(to),
            ],
            statuses: &[(200, "application/json"), (200, "text/html")],
            refusals: &[400, 404, 406, 500],
        },
        Plain {
            path: "/metrics",
            method: "get",
            id: "getMetrics",
            tag: "Operations",
            summary: to.said(
                "Numbers about the service, for Prometheus",
                "服务的运行指标（Prometheus）",
            ),
            parameters: vec![],
            statuses: &[(200, crate::http::metrics::OPENMETRICS)],
            refusals: &[500],
        },
        Plain {
            path: "/problems/{slug}",
            method: "get",
            id: "getProblem",
            tag: "Operations",
            summary: to.said("What a problem means", "问题说明"),
            parameters: vec![in_path(
                "slug",
                to.said("Last part of the problem's type", "问题类型的最后一段"),
                &text,
            )],
            statuses: &[(200, "text/html; charset=utf-8")],
            refusals: &[404, 500],
        },
    ];
    for plain in all {
        let mut responses = Map::new();
        for (status, media) in plain.statuses {
            let body = match *media {
                "" => json!({ "description": plain.summary }),
                "application/json" | "application/geo+json" => answer(plain.summary, &[(media, json!({}))], None),
                "application/octet-stream" | "application/pdf" | "application/vnd.mapbox-vector-tile" => answer(
                    plain.summary,
                    &[(media, json!({ "type": "string", "format": "binary" }))],
                    None,
                ),
                media => answer(plain.summary, &[(media, json!({ "type": "string" }))], None),
            };
            let mut body = body;
            // One status in several media types.
            if let Some(before) = responses.get(&status.to_string())
                && let (Some(content), Some(known)) = (body["content"].as_object_mut(), before["content"].as_object())
            {
                content.extend(known.clone());
            }
            responses.insert(status.to_string(), body);
        }
        refusals(&mut responses, plain.refusals);
        let operation = json!({
            "operationId": plain.id, "tags": [plain.tag], "summary": plain.summary,
            "parameters": plain.parameters, "responses": responses,
        });
        let entry = paths.entry(plain.path.to_owned()).or_insert_with(|| json!({}));
        if let Value::Object(entry) = entry {
            entry.insert(plain.method.to_owned(), operation);
        }
    }
}

/// Vector tiles, of each collection that has a place on maps and of all together.
fn tiles(to: To, paths: &mut Map<String, Value>) {
    let text = json!({ "type": "string" });
    let number = json!({ "type": "integer", "minimum": 0 });
    let collections: Vec<&str> = ALL
        .iter()
        .filter(|s| s.shape != Shape::None)
        .map(|s| s.collection)
        .collect();
    let collection = in_path(
        "collectionId",
        to.said("Name of the collection", "数据集名称"),
        &json!({ "type": "string", "enum": collections }),
    );
    let set = in_path(
        "tileMatrixSetId",
        to.said("Name of the tile matrix set", "瓦片矩阵集名称"),
        &json!({ "type": "string", "enum": ["WebMercatorQuad"] }),
    );
    let address = [
        set.clone(),
        in_path("tileMatrix", to.said("Zoom", "级别"), &number),
        in_path("tileRow", to.said("Row", "行"), &number),
        in_path("tileCol", to.said("Column", "列"), &number),
    ];
    let asked = [
        query("boundary", to.said("Key of the boundary", "国界代码"), &text),
        query("datetime", to.said("As of when", "生效时间"), &text),
        query(
            "known-at",
            to.said("As known at this time", "所知时间"),
            &json!({ "type": "string", "format": "date-time" }),
        ),
        lang(to),
    ];
    let version = query(
        "v",
        to.said(
            "Version of the data, so that copies are never stale",
            "数据版本，避免使用旧副本",
        ),
        &text,
    );
    let document =
        |media: &str, summary: &str| read(to, answer(summary, &[(media, json!({ "type": "object" }))], None));
    let tile = |summary: &str| {
        let binary = json!({ "type": "string", "format": "binary" });
        let mut responses = read(
            to,
            answer(summary, &[("application/vnd.mapbox-vector-tile", binary)], None),
        );
        responses.insert(
            "204".to_owned(),
            json!({ "description": to.said("Nothing is there", "该瓦片为空") }),
        );
        responses
    };
    let said = [
        to.said("tile matrix sets", "瓦片矩阵集"),
        to.said("sets of tiles", "瓦片集"),
        to.said("a set of tiles", "一个瓦片集"),
        to.said("one vector tile", "一个矢量瓦片"),
    ];
    let plain = [vec![lang(to)], vec![format(to, &["json"])]].concat();
    let of_set = [vec![set.clone()], plain.clone()].concat();
    let mut add = |path: &str, id: &str, summary: &str, parameters: Vec<Value>, mut responses: Map<String, Value>| {
        refusals(&mut responses, &[400, 404, 406, 500]);
        let operation = json!({
            "operationId": id, "tags": ["Map"], "summary": summary, "parameters": parameters, "responses": responses,
        });
        paths.insert(path.to_owned(), json!({ "get": operation }));
    };
    add(
        "/tileMatrixSets",
        "getTileMatrixSets",
        said[0],
        plain.clone(),
        document("application/json", said[0]),
    );
    add(
        "/tileMatrixSets/{tileMatrixSetId}",
        "getTileMatrixSet",
        said[0],
        of_set,
        document("application/json", said[0]),
    );
    for (home, name, first) in [
        ("", "", None),
        ("/collections/{collectionId}", "OfCollection", Some(collection)),
    ] {
        let with = |more: &[Value]| -> Vec<Value> { first.iter().chain(more).chain(&asked).cloned().collect() };
        let id = |verb: &str| format!("{verb}{name}");
        add(
            &format!("{home}/tiles"),
            &id("getTilesets"),
            said[1],
            with(&[]),
            document("application/json", said[1]),
        );
        add(
            &format!("{home}/tiles/{{tileMatrixSetId}}"),
            &id("getTileset"),
            said[2],
            with(std::slice::from_ref(&set)),
            document("application/json", said[2]),
        );
        add(
            &format!("{home}/tiles/{{tileMatrixSetId}}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"),
            &id("getTile"),
            said[3],
            with(&[address.as_slice(), std::slice::from_ref(&version)].concat()),
            tile(said[3]),
        );
        add(
            &format!("{home}/tiles.json"),
            &id("getTileJson"),
            "TileJSON",
            with(&[]),
            document("application/json", "TileJSON"),
        );
    }
}

/// Files handed in.
fn uploads(to: To, paths: &mut Map<String, Value>) {
    let summary = to.said("Hand in a file: the receipt", "提交文件，返回回执");
    let receipt = |said: &str| answer(said, &[("application/json", json!({}))], None);
    let mut responses = Map::new();
    responses.insert(
        "200".to_owned(),
        receipt(to.said("These bytes were known", "内容此前已提交")),
    );
    responses.insert("201".to_owned(), receipt(summary));
    refusals(&mut responses, &[400, 403, 413, 415, 422, 500, 507]);
    let binary = json!({ "type": "string", "format": "binary" });
    let operation = json!({
        "operationId": "createUpload", "tags": ["Files"], "summary": summary,
        "parameters": [
            query("filename", to.said("Name of the file", "文件名"), &json!({ "type": "string" })),
            query("inspection", to.said("Inspection it belongs to", "所属联合检查"), &json!({ "type": "string", "format": "uuid" })),
        ],
        "requestBody": {
            "required": true,
            "content": {
                "application/gpx+xml": { "schema": binary },
                "application/octet-stream": { "schema": binary },
                "multipart/form-data": { "schema": { "type": "object", "properties": { "file": binary } } },
            },
        },
        "responses": responses,
    });
    paths.insert("/uploads".to_owned(), json!({ "post": operation }));
}
