//! Service and database are killed at any moment: what was acknowledged is there, and everything is there once.
//!
//! `MERESTONE_TEST_KILLS` says how often; 20 times where it does not. Each time the whole of it goes at once, the
//! service and every process of the database, as when the machine's memory is given to somebody else.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use reqwest::Client;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::program::{Service, merestone, said, token};
use crate::support::{bearer, client, folder};

const WRITERS: usize = 4;
const LIMIT: Duration = Duration::from_secs(60);

/// Whose working folder is the database's: every process of its server.
fn servers(data: &Path) -> Vec<Pid> {
    let ours = std::fs::canonicalize(data.join("postgres/data")).unwrap_or_default();
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(|entry| {
            let entry = entry.unwrap();
            let pid: i32 = entry.file_name().to_str()?.parse().ok()?;
            let theirs = std::fs::read_link(entry.path().join("cwd")).ok()?;
            (theirs == ours).then(|| Pid::from_raw(pid))?
        })
        .collect()
}

/// Numbers from which moments are taken, the same in every run of one seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// The program as an office runs it: the disk is waited for.
fn durable(folder: &Path) -> Command {
    let mut command = merestone(folder);
    command.env("MERESTONE_LOG", "error").env_remove("MERESTONE_SCRATCH");
    command
        .env("MERESTONE_BACKUP_EVERY_HOURS", "0")
        .env("MERESTONE_DRILL_EVERY_DAYS", "0");
    command
}

fn serve(folder: &Path, data: &Path) -> Service {
    let mut serve = durable(folder);
    serve.args(["serve", "--bind", "127.0.0.1:0", "--data-dir"]).arg(data);
    Service::start(&mut serve, LIMIT)
}

fn instrument(number: usize) -> String {
    json!({ "type": "Feature", "geometry": null, "properties": {
        "key": format!("kill-{number}"), "kind": "protocol", "name_en": format!("{number}"), "name_zh": "协议",
    } })
    .to_string()
}

/// What the writers have done so far.
#[derive(Default)]
struct Done {
    /// Numbers that are taken, one a writer and turn.
    next: AtomicUsize,
    acknowledged: AtomicUsize,
    /// Sent again because nobody had answered, and then told that it was done already.
    again: AtomicUsize,
}

/// Registers one record after another, each until it is acknowledged, over the restarts of the service.
async fn write(client: Client, base: Arc<std::sync::RwLock<String>>, done: Arc<Done>, stop: Arc<AtomicBool>) {
    while !stop.load(Ordering::Relaxed) {
        let number = done.next.fetch_add(1, Ordering::Relaxed);
        loop {
            let base = base.read().unwrap().clone();
            let sent = client
                .post(format!("{base}/collections/instruments/items"))
                .header("content-type", "application/geo+json")
                .header("idempotency-key", format!("kill-{number}"))
                .timeout(Duration::from_secs(20))
                .body(instrument(number))
                .send()
                .await;
            match sent {
                Ok(answer) if answer.status() == 201 => {
                    let again = answer.headers().contains_key("idempotent-replayed");
                    done.again.fetch_add(usize::from(again), Ordering::Relaxed);
                    done.acknowledged.fetch_add(1, Ordering::Relaxed);
                    break;
                }
                // Busy, starting, ending, or with the one before that the database has not given up yet.
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    let said = answer.text().await.unwrap_or_default();
                    let passing = status == 503 || said.contains("key-in-flight");
                    assert!(passing, "{number}: {status} {said}");
                }
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// How often each number is in the register, and in how many versions.
async fn registered(client: &Client, service: &Service) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    let mut next = Some(service.url("/collections/instruments/items?limit=1000"));
    while let Some(url) = next {
        let page: Value = client.get(url).send().await.unwrap().json().await.unwrap();
        for feature in page["features"].as_array().unwrap() {
            let key = feature["properties"]["key"].as_str().unwrap().to_owned();
            assert_eq!(feature["properties"]["version"], 1, "{key}");
            *found.entry(key).or_default() += 1;
        }
        let links = page["links"].as_array().unwrap();
        let link = links.iter().find(|link| link["rel"] == "next");
        next = link.map(|link| link["href"].as_str().unwrap().to_owned());
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_a_kill_and_nothing_is_twice() {
    let kills: usize = std::env::var("MERESTONE_TEST_KILLS").map_or(20, |n| n.parse().unwrap());
    let folder = folder();
    let data = folder.path().join("data");
    let command = || durable(folder.path());
    let client = client(&token(command, &data));
    let start = || serve(folder.path(), &data);
    let begun = Instant::now();
    let mut service = start();
    let base = Arc::new(std::sync::RwLock::new(service.base.clone()));
    let (done, stop) = (Arc::new(Done::default()), Arc::new(AtomicBool::new(false)));
    let writers: Vec<_> = (0..WRITERS)
        .map(|_| tokio::spawn(write(client.clone(), base.clone(), done.clone(), stop.clone())))
        .collect();
    let mut dice = Dice(0x6d65_7265_7374_6f6e ^ u64::from(std::process::id()));
    let mut starts = Vec::new();
    for _ in 0..kills {
        let before = done.acknowledged.load(Ordering::Relaxed);
        while done.acknowledged.load(Ordering::Relaxed) < before + 3 {
            assert!(
                !writers.iter().any(tokio::task::JoinHandle::is_finished),
                "a writer was refused"
            );
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_micros(dice.below(300_000))).await;
        // In either order, and at once.
        let mut all = servers(&data);
        all.push(service.pid());
        if dice.below(2) == 0 {
            all.reverse();
        }
        for pid in all {
            let _ = kill_process(pid, Signal::KILL);
        }
        drop(service);
        service = tokio::task::block_in_place(start);
        starts.push(service.after);
        *base.write().unwrap() = service.base.clone();
    }
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.unwrap();
    }
    let (numbers, acknowledged) = (
        done.next.load(Ordering::Relaxed),
        done.acknowledged.load(Ordering::Relaxed),
    );
    let found = registered(&client, &service).await;
    let again = done.again.load(Ordering::Relaxed);
    starts.sort();
    eprintln!(
        "{kills} kills in {:?}: {acknowledged} acknowledged, {again} of them when sent again, {} registered; \
         ready again after {:?} in the median, {:?} at most",
        begun.elapsed(),
        found.len(),
        starts[starts.len() / 2],
        starts[starts.len() - 1],
    );
    assert_eq!(numbers, acknowledged);
    let lost: Vec<usize> = (0..numbers)
        .filter(|n| !found.contains_key(&format!("kill-{n}")))
        .collect();
    let twice: Vec<_> = found.iter().filter(|(_, times)| **times > 1).collect();
    assert!(lost.is_empty() && twice.is_empty(), "lost {lost:?}, twice {twice:?}");
    assert_eq!(found.len(), numbers);
    assert!(service.terminate(LIMIT).success());
    let verified = said(command().args(["audit", "verify", "--data-dir"]).arg(&data));
    assert_eq!(verified.code, 0, "{verified:?}");
    eprintln!("{}", verified.out.trim());
}

/// Writes on connections of their own until nobody answers any more; the numbers that were acknowledged.
async fn write_until_the_end(base: String, token: String, done: Arc<Done>) -> Vec<usize> {
    // No connection is used twice: who finds one closed knows that nothing of the request was begun.
    let client = Client::builder()
        .pool_max_idle_per_host(0)
        .default_headers(bearer(&token))
        .build()
        .unwrap();
    let mut acknowledged = Vec::new();
    loop {
        let number = done.next.fetch_add(1, Ordering::Relaxed);
        let sent = client
            .post(format!("{base}/collections/instruments/items"))
            .header("content-type", "application/geo+json")
            .timeout(LIMIT)
            .body(instrument(number))
            .send()
            .await;
        match sent {
            Ok(answer) if answer.status() == 201 => {
                done.acknowledged.fetch_add(1, Ordering::Relaxed);
                acknowledged.push(number);
            }
            Ok(answer) => assert_eq!(answer.status(), 503, "{number}"),
            Err(_) => return acknowledged,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_is_asked_to_end_answers_what_it_has_begun() {
    let folder = folder();
    let data = folder.path().join("data");
    let token = token(|| durable(folder.path()), &data);
    let mut service = serve(folder.path(), &data);
    let mut acknowledged = Vec::new();
    for turn in 0..3 {
        let done = Arc::new(Done::default());
        done.next.store(turn * 1_000_000, Ordering::Relaxed);
        let writers: Vec<_> = (0..8)
            .map(|_| tokio::spawn(write_until_the_end(service.base.clone(), token.clone(), done.clone())))
            .collect();
        let begun = Instant::now();
        while done.acknowledged.load(Ordering::Relaxed) < 40 {
            assert!(begun.elapsed() < LIMIT, "40 writes took too long");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert!(tokio::task::block_in_place(|| service.terminate(LIMIT)).success());
        for writer in writers {
            acknowledged.extend(writer.await.unwrap());
        }
        service = tokio::task::block_in_place(|| serve(folder.path(), &data));
    }
    // Exactly what was acknowledged: nothing less, and nothing done whose sender was told nothing.
    let found = registered(&client(&token), &service).await;
    let mut expected: Vec<String> = acknowledged.iter().map(|number| format!("kill-{number}")).collect();
    expected.sort();
    assert_eq!(found.into_keys().collect::<Vec<_>>(), expected);
}
