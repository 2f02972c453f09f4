//! The file worker `merestone-gdal`: started for one file, in a folder of its own, ended when it takes too long.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;

use crate::domain::problem::{Code, Problem};
use crate::domain::text::Message;
use crate::format::gdal::wire::{Broken, Driver, Fence, Request};
use crate::format::gdal::{Reader, Texts};

/// Name of the program.
const PROGRAM: &str = "merestone-gdal";
/// How long it may keep silent, and how long it may be waited for in all. Its processor time is limited besides; this is
/// for a worker that waits for something that never comes.
const SILENCE: Duration = Duration::from_secs(60);
const WAITING: Duration = Duration::from_secs(120);
/// How long to wait for one of the others to end.
const QUEUEING: Duration = Duration::from_secs(120);
/// Workers at a time, at most: each may take half a gigabyte.
const AT_A_TIME: usize = 2;
/// Bytes of its complaints that are kept.
const COMPLAINTS: usize = 4 << 10;
/// How the folders of single files begin, and how old one is that nobody needs any more.
const FOLDER: &str = "merestone-file-";
const LEFT_BEHIND: Duration = Duration::from_hours(24);
/// Workers that are to be tried have no file; they are asked for one that is not there.
const NO_FILE: &str = "none";

/// The file worker: where it is, and what is asked of it. Cheap to clone.
#[derive(Clone)]
pub struct Worker {
    shared: Arc<Shared>,
}

struct Shared {
    program: PathBuf,
    /// Where folders for single files are made.
    scratch: PathBuf,
    /// Read files even where the kernel cannot fence the worker in wholly.
    unfenced: bool,
    running: Mutex<usize>,
    freed: Condvar,
    tried: OnceLock<Result<Fence, Problem>>,
}

impl Worker {
    /// - **Shape**: `program` none: the one beside this program; `scratch` is made when it is needed.
    pub fn new(program: Option<&Path>, scratch: PathBuf, unfenced: bool) -> Self {
        let shared = Shared {
            program: program.map_or_else(beside_this_program, Path::to_owned),
            scratch,
            unfenced,
            running: Mutex::new(0),
            freed: Condvar::new(),
            tried: OnceLock::new(),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// For commands that have no data folder: the worker beside this program, files in the machine's own place for them.
    pub fn beside_this_program() -> Self {
        Self::new(None, std::env::temp_dir(), false)
    }

    /// Tries once whether it can be started, and how well it is fenced in.
    ///
    /// # Errors
    /// In words for whoever runs the service.
    pub fn fence(&self) -> Result<Fence, Problem> {
        self.shared.tried.get_or_init(|| self.try_it()).clone()
    }

    /// As [`Worker::fence`], for async code.
    ///
    /// # Errors
    /// As [`Worker::fence`].
    pub async fn try_once(&self) -> Result<Fence, Problem> {
        if let Some(tried) = self.shared.tried.get() {
            return tried.clone();
        }
        let worker = self.clone();
        tokio::task::spawn_blocking(move || worker.fence())
            .await
            .unwrap_or_else(|fault| Err(cannot_start(&fault.to_string())))
    }

    /// Takes away what a service that was killed has left of the folders of single files.
    pub fn tidy(&self) {
        let old = |path: &Path| {
            let changed = std::fs::metadata(path).and_then(|about| about.modified());
            changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > LEFT_BEHIND))
        };
        for entry in std::fs::read_dir(&self.shared.scratch).into_iter().flatten().flatten() {
            let ours = entry.file_name().to_string_lossy().starts_with(FOLDER);
            if ours && old(&entry.path()) {
                // What cannot be taken away now will be next time.
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }

    fn try_it(&self) -> Result<Fence, Problem> {
        let request = Request {
            driver: Driver::GeoPackage,
            file: NO_FILE.to_owned(),
            layers: Vec::new(),
            restore_index: false,
            rows: false,
            unfenced: self.shared.unfenced,
        };
        let mut answer = self.start(Arc::new(self.folder()?), &request)?;
        crate::format::gdal::fence(&mut answer)
    }

    /// A fresh folder that only this user may enter; it goes away with the value.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn folder(&self) -> Result<TempDir, Problem> {
        std::fs::create_dir_all(&self.shared.scratch)
            .and_then(|()| tempfile::Builder::new().prefix(FOLDER).tempdir_in(&self.shared.scratch))
            .map_err(|fault| cannot_start(&format!("{}: {fault}", self.shared.scratch.display())))
    }

    /// Reads the file that lies in `folder`.
    ///
    /// # Errors
    /// When there is no worker, it cannot be started or fenced in, or it refuses the file.
    pub fn read(&self, folder: Arc<TempDir>, request: &Request, texts: Texts) -> Result<Reader<Answer>, Problem> {
        let request = Request {
            unfenced: self.shared.unfenced,
            ..request.clone()
        };
        Reader::open(self.start(folder, &request)?, texts)
    }

    fn start(&self, folder: Arc<TempDir>, request: &Request) -> Result<Answer, Problem> {
        if !self.shared.program.is_file() {
            return Err(missing(&self.shared.program));
        }
        let slot = self.slot()?;
        let mut child = Command::new(&self.shared.program)
            .current_dir(folder.path())
            .env_clear()
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|fault| cannot_start(&fault.to_string()))?;
        let (asked, out, complaints) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let answer = Answer {
            child,
            out,
            stderr: complaints,
            complaints: Vec::new(),
            waited: Duration::ZERO,
            ended: None,
            _folder: folder,
            _slot: slot,
        };
        if let Some(mut asked) = asked {
            match request.send(&mut asked) {
                // One that is gone already says why by how it ended.
                Ok(()) | Err(Broken::Io(_)) => {}
                Err(fault) => return Err(cannot_start(&fault.to_string())),
            }
        }
        Ok(answer)
    }

    /// Waits until there is room for one more.
    fn slot(&self) -> Result<Slot, Problem> {
        let running = self.shared.running.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut running, _) = self
            .shared
            .freed
            .wait_timeout_while(running, QUEUEING, |running| *running >= AT_A_TIME)
            .unwrap_or_else(PoisonError::into_inner);
        if *running >= AT_A_TIME {
            return Err(Problem::new(
                Code::ReaderUnavailable,
                Message::new("Other files are being read.", "正在读取其他文件。"),
                Message::new("Try again in a minute.", "请稍后重试。"),
            ));
        }
        *running += 1;
        Ok(Slot(Arc::clone(&self.shared)))
    }
}

/// The right to have one worker running.
struct Slot(Arc<Shared>);

impl Drop for Slot {
    fn drop(&mut self) {
        *self.0.running.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        self.0.freed.notify_one();
    }
}

fn beside_this_program() -> PathBuf {
    std::env::current_exe()
        .ok()
        .and_then(|program| program.parent().map(|folder| folder.join(PROGRAM)))
        .unwrap_or_else(|| PathBuf::from(PROGRAM))
}

/// What a worker answers, as it comes. Dropped, the worker is ended and its folder taken away.
pub struct Answer {
    child: Child,
    out: Option<ChildStdout>,
    stderr: Option<ChildStderr>,
    complaints: Vec<u8>,
    /// How long it was waited for so far.
    waited: Duration,
    ended: Option<ExitStatus>,
    _folder: Arc<TempDir>,
    _slot: Slot,
}

impl Answer {
    fn end(&mut self) {
        if let Some(group) = Pid::from_raw(self.child.id().cast_signed()) {
            // Gone already is as good.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    /// Waits until the worker has said something, or has ended.
    fn wait(&mut self) -> io::Result<()> {
        while let Some(out) = &self.out {
            let limit = SILENCE.min(WAITING.saturating_sub(self.waited));
            let mut fds = vec![PollFd::new(out, PollFlags::IN)];
            if let Some(stderr) = &self.stderr {
                fds.push(PollFd::new(stderr, PollFlags::IN));
            }
            let timeout = Timespec::try_from(limit).map_err(io::Error::other)?;
            let since = Instant::now();
            let ready = match poll(&mut fds, Some(&timeout)) {
                Err(rustix::io::Errno::INTR) => continue,
                ready => ready?,
            };
            self.waited += since.elapsed();
            if ready == 0 {
                self.end();
                return Err(io::Error::other(too_slow()));
            }
            let said = !fds[0].revents().is_empty();
            let complained = fds.get(1).is_some_and(|fd| !fd.revents().is_empty());
            drop(fds);
            if complained {
                self.listen()?;
            }
            if said {
                break;
            }
        }
        Ok(())
    }

    /// Keeps the beginning of what it complains of.
    fn listen(&mut self) -> io::Result<()> {
        let mut heard = [0; 1024];
        let n = match &mut self.stderr {
            Some(stderr) => stderr.read(&mut heard)?,
            None => 0,
        };
        if n == 0 {
            self.stderr = None;
        }
        let room = COMPLAINTS.saturating_sub(self.complaints.len()).min(n);
        self.complaints.extend_from_slice(&heard[..room]);
        Ok(())
    }

    /// How it ended, as an error where it did not end well.
    fn finish(&mut self) -> io::Result<()> {
        self.out = None;
        let status = match self.ended {
            Some(status) => status,
            None => {
                while self.stderr.is_some() {
                    self.listen()?;
                }
                let status = self.child.wait()?;
                self.ended = Some(status);
                status
            }
        };
        if status.success() {
            return Ok(());
        }
        let complaints = String::from_utf8_lossy(&self.complaints);
        tracing::warn!(%status, %complaints, "the file worker ended badly");
        Err(io::Error::other(match status.signal() {
            Some(signal) => broke(signal),
            None => cannot_start(complaints.lines().next().unwrap_or("")),
        }))
    }
}

impl Read for Answer {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.wait()?;
        let n = match &mut self.out {
            Some(out) => out.read(into)?,
            None => 0,
        };
        if n == 0 && !into.is_empty() {
            self.finish()?;
        }
        Ok(n)
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if self.ended.is_none() {
            self.end();
            // It is waited for so that nothing of it is left; a killed process ends at once.
            let _ = self.child.wait();
        }
    }
}

fn without_it() -> Message {
    Message::new(
        "Tell whoever runs the service; GeoJSON, CSV and KML are read without it.",
        "请告知系统管理员；GeoJSON、CSV 和 KML 不受影响。",
    )
}

fn missing(program: &Path) -> Problem {
    let name = program.file_name().unwrap_or(OsStr::new(PROGRAM)).to_string_lossy();
    let folder = program.parent().unwrap_or(Path::new(".")).display();
    Problem::new(
        Code::ReaderUnavailable,
        Message::new(
            format!("The program {name}, which reads files of this kind, is not in {folder}."),
            format!("读取此类文件的程序 {name} 不在 {folder} 中。"),
        ),
        Message::new(
            format!(
                "Put it beside merestone, or name it with MERESTONE_FILE_WORKER. {}",
                without_it().en
            ),
            format!(
                "请将其放在 merestone 旁边，或用 MERESTONE_FILE_WORKER 指定。{}",
                without_it().zh
            ),
        ),
    )
}

fn cannot_start(reason: &str) -> Problem {
    let reason: String = reason.chars().filter(|c| !c.is_control()).take(300).collect();
    let reason = reason.trim_end_matches('.');
    Problem::new(
        Code::ReaderUnavailable,
        Message::new(
            format!("The program that reads files of this kind cannot be started: {reason}."),
            format!("读取此类文件的程序无法启动：{reason}。"),
        ),
        without_it(),
    )
}

fn smaller() -> Message {
    Message::new(
        "Split the file into smaller ones, or export it as GeoJSON or CSV.",
        "请将文件拆分，或导出为 GeoJSON 或 CSV。",
    )
}

fn too_slow() -> Problem {
    Problem::new(
        Code::FileTooLarge,
        Message::new(
            "Reading the file took longer than is given to it; it was broken off.",
            "读取文件超时，已中止。",
        ),
        smaller(),
    )
}

fn broke(signal: i32) -> Problem {
    if signal == Signal::XCPU.as_raw() || signal == Signal::KILL.as_raw() {
        return too_slow();
    }
    Problem::new(
        Code::FileMalformed,
        Message::new(
            "The reader broke on the file, or needed more memory than is given to it. Nothing else was harmed.",
            "读取程序在处理该文件时出错，或所需内存超出限制。其他部分未受影响。",
        ),
        smaller(),
    )
}
