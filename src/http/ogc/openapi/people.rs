//! The operations of people: coming in, one's own sessions and tokens, accounts, decisions.

use serde_json::{Map, Value, json};

use super::parts::{To, answer, in_path, refusals, refusals_read};
use crate::domain::rights::{Role, TokenScope};

/// What an operation takes and gives.
struct Person {
    path: &'static str,
    method: &'static str,
    id: &'static str,
    summary: &'static str,
    /// Members of the body: name, schema, whether it is needed. None where there is no body.
    body: Vec<(&'static str, Value, bool)>,
    /// The good answers: status, and media type where there is a body.
    good: &'static [(u16, &'static str)],
    bad: &'static [u16],
}

const JSON: &str = "application/json";
const PAGE: &str = "text/html";

/// Adds them; whoever may not is refused with 401 or 403.
pub fn people(to: To, paths: &mut Map<String, Value>) {
    let text = || json!({ "type": "string", "minLength": 1, "maxLength": 200 });
    let name = || json!({ "type": "string", "pattern": "^[a-z0-9][a-z0-9._-]{1,62}$" });
    let optional = || json!({ "type": "string", "maxLength": 2000 });
    let place = || to.or_null(json!({ "type": "string", "maxLength": 300 }));
    let time = || to.or_null(json!({ "type": "string", "format": "date-time" }));
    let roles: Vec<&str> = Role::ALL.iter().map(|role| role.word()).collect();
    let role = || json!({ "type": "string", "enum": roles });
    let scope = || json!({ "type": "string", "enum": TokenScope::ALL.map(TokenScope::word) });
    let reason = || vec![("reason", text(), true)];
    let add = |path, method, id, summary, body, good, bad| Person {
        path,
        method,
        id,
        summary,
        body,
        good,
        bad,
    };
    const DECIDED: &[(u16, &str)] = &[(200, JSON), (303, "")];
    const GONE_THERE: &[(u16, &str)] = &[(204, ""), (303, "")];
    let all = [
        add(
            "/session",
            "get",
            "getSession",
            to.said("Who I am and what I may do", "当前身份和权限"),
            vec![],
            &[(200, JSON), (200, PAGE)],
            &[400, 406],
        ),
        add(
            "/session",
            "post",
            "signIn",
            to.said("Sign in", "登录"),
            vec![
                ("name", text(), true),
                ("password", text(), true),
                ("code", optional(), false),
                ("next", optional(), false),
            ],
            &[(201, JSON), (303, "")],
            &[400, 429],
        ),
        add(
            "/session",
            "delete",
            "signOut",
            to.said("Sign out", "退出登录"),
            vec![],
            GONE_THERE,
            &[400, 406],
        ),
        add(
            "/session/end",
            "post",
            "endSession",
            to.said("Sign out, for a form", "退出登录（表单）"),
            vec![],
            GONE_THERE,
            &[400, 406],
        ),
        add(
            "/session/proof",
            "post",
            "proveAgain",
            to.said(
                "Prove again who is there, before something is signed",
                "签署前重新验证身份",
            ),
            vec![
                ("password", text(), true),
                ("code", optional(), false),
                ("next", optional(), false),
            ],
            GONE_THERE,
            &[400, 429],
        ),
        add(
            "/sessions/{id}/end",
            "post",
            "endOneSession",
            to.said("End one of my sessions", "结束我的某个会话"),
            vec![],
            GONE_THERE,
            &[400, 404, 406],
        ),
        add(
            "/enrol/{code}",
            "get",
            "getEnrolment",
            to.said("The page of a one-time link", "一次性链接页面"),
            vec![],
            &[(200, PAGE)],
            &[400, 406, 410],
        ),
        add(
            "/enrol/{code}",
            "post",
            "enrol",
            to.said(
                "Set password and authenticator by a one-time link",
                "通过一次性链接设置密码和验证器",
            ),
            vec![
                ("password", text(), true),
                ("again", text(), true),
                ("secret", optional(), false),
                ("code", optional(), false),
            ],
            &[(200, JSON), (303, "")],
            &[400, 410, 422],
        ),
        add(
            "/tokens",
            "get",
            "listTokens",
            to.said("My tokens", "我的令牌"),
            vec![],
            &[(200, JSON)],
            &[400, 406],
        ),
        add(
            "/tokens",
            "post",
            "issueToken",
            to.said(
                "Make a token for a program or device; it is shown this once",
                "为程序或设备新建令牌，仅显示一次",
            ),
            vec![
                ("name", text(), true),
                ("scope", scope(), true),
                (
                    "inspection",
                    to.or_null(json!({ "type": "string", "format": "uuid" })),
                    false,
                ),
                (
                    "days",
                    to.or_null(json!({ "type": "integer", "minimum": 1, "maximum": 366 })),
                    false,
                ),
            ],
            &[(200, PAGE), (201, JSON)],
            &[400, 404, 422],
        ),
        add(
            "/tokens/{id}",
            "delete",
            "revokeToken",
            to.said("End one of my tokens", "吊销我的令牌"),
            vec![],
            GONE_THERE,
            &[400, 404, 406],
        ),
        add(
            "/tokens/{id}/revoke",
            "post",
            "revokeTokenByForm",
            to.said("End one of my tokens, for a form", "吊销我的令牌（表单）"),
            vec![],
            GONE_THERE,
            &[400, 404, 406],
        ),
        add(
            "/accounts",
            "get",
            "listAccounts",
            to.said("All accounts with their roles", "全部用户及其角色"),
            vec![],
            &[(200, JSON), (200, PAGE)],
            &[400, 406],
        ),
        add(
            "/accounts",
            "post",
            "addAccount",
            to.said(
                "Make an account; gives the link for its owner",
                "新建用户，返回供本人使用的链接",
            ),
            vec![
                ("name", name(), true),
                ("full_name", text(), true),
                ("reason", text(), true),
                (
                    "grants",
                    json!({ "type": "array", "maxItems": 50, "items": { "type": "object", "required": ["role"], "additionalProperties": false,
                    "properties": { "role": role(), "place": place(), "until": time(), "reason": optional() } } }),
                    false,
                ),
                ("role", optional(), false),
                ("place", place(), false),
            ],
            &[(201, JSON)],
            &[400, 409, 415, 422],
        ),
        add(
            "/accounts/{name}",
            "get",
            "getAccount",
            to.said("One account", "一个用户"),
            vec![],
            &[(200, JSON), (200, PAGE)],
            &[400, 404, 406],
        ),
        add(
            "/accounts/{name}/reset",
            "post",
            "resetAccount",
            to.said(
                "A new link, for a password forgotten or a device lost",
                "忘记密码或丢失设备时生成新链接",
            ),
            vec![],
            &[(200, JSON)],
            &[400, 404],
        ),
        add(
            "/accounts/{name}/lock",
            "post",
            "lockAccount",
            to.said("Lock an account at once", "立即锁定用户"),
            reason(),
            GONE_THERE,
            &[400, 404, 415, 422],
        ),
        add(
            "/accounts/{name}/unlock",
            "post",
            "unlockAccount",
            to.said("Unlock an account", "解锁用户"),
            reason(),
            GONE_THERE,
            &[400, 404, 415, 422],
        ),
        add(
            "/accounts/{name}/grants",
            "post",
            "grantRole",
            to.said("Give a role", "授予角色"),
            vec![
                ("role", role(), true),
                ("place", place(), false),
                ("until", time(), false),
                ("reason", text(), true),
            ],
            &[(201, JSON), (303, "")],
            &[400, 404, 409, 415, 422],
        ),
        add(
            "/accounts/{name}/grants/{id}/revoke",
            "post",
            "revokeRole",
            to.said("Take a role away", "撤销角色"),
            reason(),
            GONE_THERE,
            &[400, 404, 415, 422],
        ),
        add(
            "/proposals/{number}/approve",
            "post",
            "approveProposal",
            to.said(
                "Approve what somebody else has proposed: it is in force then. Wants a proof of who you are within five \
                 minutes, before or with it",
                "批准他人提出的内容，批准后即生效。须在五分钟内验证身份，可事先或同时提交",
            ),
            vec![
                ("words", optional(), false),
                ("password", optional(), false),
                ("code", optional(), false),
            ],
            DECIDED,
            &[400, 404, 406, 409, 415, 422, 429],
        ),
        add(
            "/proposals/{number}/reject",
            "post",
            "rejectProposal",
            to.said("Reject what somebody else has proposed", "退回他人提出的内容"),
            vec![("words", text(), true)],
            DECIDED,
            &[400, 404, 406, 409, 415, 422],
        ),
        add(
            "/proposals/{number}/withdraw",
            "post",
            "withdrawProposal",
            to.said("Take back what I have proposed", "撤回自己提出的内容"),
            vec![("words", optional(), false)],
            DECIDED,
            &[400, 404, 406, 409, 415, 422],
        ),
    ];
    for person in all {
        let operation = operation(to, &person);
        let entry = paths.entry(person.path.to_owned()).or_insert_with(|| json!({}));
        if let Value::Object(entry) = entry {
            entry.insert(person.method.to_owned(), operation);
        }
    }
}

fn operation(to: To, person: &Person) -> Value {
    let uuid = json!({ "type": "string", "format": "uuid" });
    let text = json!({ "type": "string", "minLength": 1 });
    let number = json!({ "type": "integer", "minimum": 1 });
    let mut parameters = Vec::new();
    for (part, schema, en, zh) in [
        ("id", &uuid, "Identity", "标识"),
        ("number", &number, "Number of the proposal", "提案编号"),
        ("name", &text, "Name of the account", "用户名"),
        ("code", &text, "Code of the link", "链接代码"),
    ] {
        if person.path.contains(&format!("{{{part}}}")) {
            parameters.push(in_path(part, to.said(en, zh), schema));
        }
    }
    let mut responses = Map::new();
    for (status, media) in person.good {
        let status = status.to_string();
        match (*media, responses.get_mut(&status)) {
            ("", _) => {
                responses.insert(status, json!({ "description": person.summary }));
            }
            (media, Some(known)) => {
                if let Some(content) = known["content"].as_object_mut() {
                    content.insert(media.to_owned(), json!({ "schema": { "type": "string" } }));
                }
            }
            (JSON, None) => {
                responses.insert(
                    status,
                    answer(person.summary, &[(JSON, json!({ "type": "object" }))], None),
                );
            }
            (media, None) => {
                responses.insert(
                    status,
                    answer(person.summary, &[(media, json!({ "type": "string" }))], None),
                );
            }
        }
    }
    if person.good.contains(&(200, PAGE)) && person.method == "get" {
        refusals_read(to, &mut responses, person.bad);
    } else {
        refusals(&mut responses, person.bad);
    }
    refusals(&mut responses, &[500]);
    let mut operation = json!({
        "operationId": person.id, "tags": ["People"], "summary": person.summary,
        "parameters": parameters, "responses": responses,
    });
    if !person.body.is_empty() {
        let needed: Vec<&str> = person
            .body
            .iter()
            .filter(|(.., needed)| *needed)
            .map(|(name, ..)| *name)
            .collect();
        let properties: Map<String, Value> = person
            .body
            .iter()
            .map(|(name, schema, _)| ((*name).to_owned(), schema.clone()))
            .collect();
        let schema =
            json!({ "type": "object", "required": needed, "properties": properties, "additionalProperties": false });
        let body = json!({ "required": true, "content": { JSON: { "schema": schema } } });
        if let Value::Object(members) = &mut operation {
            members.insert("requestBody".to_owned(), body);
        }
    }
    operation
}
