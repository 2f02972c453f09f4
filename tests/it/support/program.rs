//! The program itself in a process of its own: commands that end, and a service that serves.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// What the program prints when it can be used.
const SERVING: &str = "Merestone is serving at ";

/// The command `merestone` in `folder`, with none of the settings of whoever runs the tests.
pub fn merestone(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_merestone"));
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if name.starts_with("MERESTONE_") || name.starts_with("LC_") || name == "DATABASE_URL" || name == "LANG" {
            command.env_remove(name);
        }
    }
    command
        .env("LANG", "C")
        .env("MERESTONE_LOG", "warn")
        // The server of the tests does not wait for its disk.
        .env("MERESTONE_SCRATCH", "true")
        .current_dir(folder)
        .stdin(Stdio::null());
    command
}

/// What a command said and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs a command to its end.
pub fn said(command: &mut Command) -> Said {
    let Output { status, stdout, stderr } = command.output().unwrap();
    Said {
        code: status.code().unwrap_or(-1),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    }
}

/// Runs a command that talks to a service of this very process, which goes on answering meanwhile.
pub async fn said_beside(mut command: Command) -> Said {
    tokio::task::spawn_blocking(move || said(&mut command)).await.unwrap()
}

/// A token for the service that `command` will be, made as an operator makes one: `command` gives the program with its
/// place, to which the words of what it is to do are added.
pub fn token(command: impl Fn() -> Command, data: &Path) -> String {
    let run = |words: &[&str]| {
        let told = said(command().args(words).arg("--data-dir").arg(data));
        assert_eq!(told.code, 0, "{words:?}: {told:?}");
        told.out.trim().to_owned()
    };
    let mut words = vec!["user", "add", "tester", "--full-name", "Tester"];
    for role in ["survey_lead", "inspector", "project_officer", "port_officer", "auditor"] {
        words.extend(["--role", role]);
    }
    let link = run(&words);
    assert!(link.contains("/enrol/"), "{link}");
    run(&["token", "issue", "tester", "--name", "tests", "--scope", "write"])
}

/// A service in a process of its own, ended with this value.
pub struct Service {
    child: Child,
    pub base: String,
    /// What it printed before it could be used.
    pub lines: Vec<String>,
    /// How long that took.
    pub after: Duration,
}

impl Service {
    /// Starts a command that serves, and waits until it does.
    pub fn start(command: &mut Command, limit: Duration) -> Self {
        let begun = Instant::now();
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            while out.read_line(&mut line).is_ok_and(|n| n > 0) {
                if sender.send(std::mem::take(&mut line)).is_err() {
                    break;
                }
            }
        });
        let mut service = Self {
            child,
            base: String::new(),
            lines: Vec::new(),
            after: limit,
        };
        while service.base.is_empty() {
            let left = limit.saturating_sub(begun.elapsed());
            match receiver.recv_timeout(left) {
                Ok(line) => {
                    if let Some(base) = line.trim().strip_prefix(SERVING) {
                        service.base = base.to_owned();
                    }
                    service.lines.push(line.trim().to_owned());
                }
                Err(why) => panic!("the service was not there after {limit:?} ({why}): {:?}", service.lines),
            }
        }
        service.after = begun.elapsed();
        service
    }

    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// The address of a path; an address stays what it is.
    pub fn url(&self, path: &str) -> String {
        let path = path.strip_prefix(&self.base).unwrap_or(path);
        format!("{}{path}", self.base)
    }

    /// Greatest resident size so far, in KiB.
    pub fn peak_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches("kB").trim().parse().unwrap()
    }

    /// Asks it to end, as an operator does, and waits.
    pub fn terminate(&mut self, limit: Duration) -> ExitStatus {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let since = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(since.elapsed() < limit, "the service did not end within {limit:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// The receipt when the checks have answered.
    pub async fn checked(&self, client: &reqwest::Client, id: &str) -> serde_json::Value {
        let since = Instant::now();
        loop {
            let response = client.get(self.url(&format!("/uploads/{id}"))).send().await.unwrap();
            let receipt: serde_json::Value = response.json().await.unwrap();
            if !matches!(receipt["state"].as_str(), Some("reading" | "checking")) {
                return receipt;
            }
            assert!(
                since.elapsed() < Duration::from_secs(60),
                "the checks of upload {id} did not end within a minute"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // First politely: a service with a private database takes that down with it.
            let _ = kill_process(Pid::from_child(&self.child), Signal::TERM);
            let since = Instant::now();
            while since.elapsed() < Duration::from_secs(15) && matches!(self.child.try_wait(), Ok(None)) {
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
