//! A running service for one test: the real router on a free port, a database and a folder of its own.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use merestone::domain::rights::{Role, TokenScope};
use merestone::service::account::token::NewToken;
use merestone::service::account::{self, NewAccount, NewGrant};
use merestone::service::startup::{self, Running};
use merestone::service::{Context, demo};
use merestone::{config, http, job};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use tokio::sync::watch;

use super::db::{TestDb, db};
use super::folder;

/// Dropped, the service ends; its database and folder go with it.
pub struct App {
    pub cx: Context,
    pub base: String,
    /// Sends the token with every request.
    pub client: reqwest::Client,
    /// Of somebody who may do everything but administer and approve.
    pub token: String,
    pub data_dir: PathBuf,
    stop: watch::Sender<bool>,
    _folder: tempfile::TempDir,
    pub db: Arc<TestDb>,
}

/// A service on an empty register.
pub async fn app() -> App {
    app_with(&[]).await
}

/// A service on an empty register, with further settings.
pub async fn app_with(settings: &[(&str, &str)]) -> App {
    let db = Arc::new(db().await);
    let folder = folder();
    let data_dir = folder.path().to_path_buf();
    let url = db.url.clone();
    let dir = data_dir.clone();
    let environment = move |name: &str| match name {
        "DATABASE_URL" => Some(url.clone()),
        "MERESTONE_DATA_DIR" => Some(dir.to_string_lossy().into_owned()),
        "MERESTONE_SCRATCH" => Some("true".to_owned()),
        "MERESTONE_BIND" => Some("127.0.0.1:0".to_owned()),
        name => settings
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned()),
    };
    let config = config::Config::new(None, &environment, config::Flags::default()).unwrap();
    let running: Running = startup::open(&config).await.unwrap();
    let cx = running.cx.clone();
    let listener = tokio::net::TcpListener::bind(config.bind.value).await.unwrap();
    let address: SocketAddr = listener.local_addr().unwrap();
    let token = token(&cx).await;
    let (stop, mut stopped) = watch::channel(false);
    tokio::spawn(job::run(cx.clone(), stopped.clone()));
    let router = http::router(cx.clone());
    tokio::spawn(async move {
        let ended = async move {
            let _ = stopped.wait_for(|stop| *stop).await;
        };
        http::serve(listener, router, http::server::Door::default(), ended)
            .await
            .unwrap();
        drop(running);
    });
    App {
        cx,
        base: format!("http://{address}"),
        client: client(&token),
        token,
        data_dir,
        stop,
        _folder: folder,
        db,
    }
}

/// A token of somebody who holds every role that goes with writing.
async fn token(cx: &Context) -> String {
    let roles = [
        Role::SurveyLead,
        Role::Inspector,
        Role::ProjectOfficer,
        Role::PortOfficer,
        Role::Reviewer,
        Role::Auditor,
    ];
    let grant = |role| NewGrant {
        role,
        place: None,
        until: None,
    };
    let new = NewAccount {
        name: "tester",
        full_name: "Tester",
        grants: roles.map(grant).to_vec(),
        reason: "test",
    };
    account::add(cx, &new).await.unwrap();
    let new = NewToken {
        name: "tests",
        scope: TokenScope::Write,
        inspection: None,
        days: 1,
    };
    account::token::issue_by_name(cx, "tester", &new).await.unwrap().0
}

/// A client that sends a token with every request.
pub fn client(token: &str) -> reqwest::Client {
    reqwest::Client::builder()
        .default_headers(bearer(token))
        .build()
        .unwrap()
}

/// The header that brings a token.
pub fn bearer(token: &str) -> HeaderMap {
    let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    HeaderMap::from_iter([(AUTHORIZATION, value)])
}

/// A service with both sample borders in its register, and the register checked.
pub async fn app_with_borders() -> App {
    let app = app().await;
    let loaded = demo::load(&app.cx, &app.data_dir.join("samples")).await.unwrap();
    assert_eq!(loaded, ["astrand-veyra", "ibc-j"]);
    let waiting = "select count(*) from job where state in ('queued', 'running')";
    for _ in 0..600 {
        if app.count(waiting).await == 0 {
            return app;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("the sample borders were not checked within 12 seconds");
}

impl App {
    /// The address of a path; an address stays what it is.
    pub fn url(&self, path: &str) -> String {
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        format!("{}{path}", self.base)
    }

    pub async fn get(&self, path: &str) -> reqwest::Response {
        self.client.get(self.url(path)).send().await.unwrap()
    }

    pub async fn json(&self, path: &str) -> serde_json::Value {
        let response = self.get(path).await;
        assert!(response.status().is_success(), "{path}: {}", response.status());
        response.json().await.unwrap()
    }

    /// Hands a file in; the status and the body.
    pub async fn upload(&self, name: &str, bytes: Vec<u8>) -> (u16, serde_json::Value) {
        let url = reqwest::Url::parse_with_params(&self.url("/uploads"), [("filename", name)]).unwrap();
        let response = self.client.post(url).body(bytes).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    /// Hands a sample track in and waits for the checks; the receipt.
    pub async fn walked(&self, name: &str) -> serde_json::Value {
        let bytes = super::sample(&format!("astrand-veyra/tracks/{name}"));
        let (status, receipt) = self.upload(name, bytes).await;
        assert_eq!(status, 201, "{receipt}");
        let receipt = self.checked(receipt["id"].as_str().unwrap()).await;
        assert_eq!(receipt["state"], "done", "{receipt}");
        receipt
    }

    /// One number out of the database.
    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db.pool).await.unwrap()
    }

    /// The receipt when the checks have answered.
    pub async fn checked(&self, id: &str) -> serde_json::Value {
        for _ in 0..600 {
            let receipt = self.json(&format!("/uploads/{id}")).await;
            if !matches!(receipt["state"].as_str(), Some("reading" | "checking")) {
                return receipt;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("the checks of upload {id} did not end within a minute");
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}
