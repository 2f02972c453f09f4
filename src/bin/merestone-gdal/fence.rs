//! Gives up what reading a file does not need: other files, the network, other programs, memory and time without end.
//!
//! Three fences, one behind the other: resource limits, Landlock for files, and a list of the system calls that are let
//! through. What the machine's kernel cannot do is not claimed: after closing, each is tried, and what was found is told.

use std::collections::BTreeMap;
use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::time::Duration;

use landlock::{ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, path_beneath_rules};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use super::wire::Fence;

/// Address space besides what the program has when it begins: libgdal and its hundred libraries.
const MEMORY_BYTES: u64 = 512 << 20;
/// Seconds of processor time.
const CPU_SECONDS: u64 = 30;
/// Bytes of any file it writes: the rebuilt index of a Shapefile, the shared memory of a database.
const FILE_BYTES: u64 = 64 << 20;
const OPEN_FILES: u64 = 64;

/// What GDAL and PROJ read besides the file: their own tables.
const TABLES: &[&str] = &["/usr/share/proj", "/usr/share/gdal"];

/// The newest kernel interface of Landlock that is asked for; an older kernel enforces what it knows.
const LANDLOCK: ABI = ABI::V6;

/// Closes all fences and says what is behind them.
///
/// # Errors
/// In words, where a fence that every kernel has could not be closed.
pub fn close() -> Result<Fence, String> {
    limits()?;
    alone()?;
    files().map_err(|fault| format!("Landlock: {fault}"))?;
    calls().map_err(|fault| format!("the list of system calls: {fault}"))?;
    Ok(found())
}

fn limits() -> Result<(), String> {
    let memory = address_space().ok_or("the size of the program is not known")? + MEMORY_BYTES;
    for (resource, limit) in [
        (libc::RLIMIT_AS, memory),
        (libc::RLIMIT_CPU, CPU_SECONDS),
        (libc::RLIMIT_FSIZE, FILE_BYTES),
        (libc::RLIMIT_NOFILE, OPEN_FILES),
        (libc::RLIMIT_CORE, 0),
    ] {
        // At the lower of the two limits of processor time the program is told why it ends.
        let further = u64::from(resource == libc::RLIMIT_CPU);
        let limit = libc::rlimit {
            rlim_cur: limit,
            rlim_max: limit + further,
        };
        // SAFETY: the pointer is to a live value of the type that the call reads.
        if unsafe { libc::setrlimit(resource, &raw const limit) } != 0 {
            return Err(format!("a limit: {}", std::io::Error::last_os_error()));
        }
    }
    Ok(())
}

/// Bytes of address space in use.
fn address_space() -> Option<u64> {
    let pages: u64 = std::fs::read_to_string("/proc/self/statm")
        .ok()?
        .split(' ')
        .next()?
        .parse()
        .ok()?;
    // SAFETY: asks for a number.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    Some(pages * u64::try_from(page).ok()?)
}

/// Ends with the service, takes on no rights, and lets nobody look into its memory.
fn alone() -> Result<(), String> {
    for (option, value) in [
        (libc::PR_SET_PDEATHSIG, libc::SIGKILL as libc::c_ulong),
        (libc::PR_SET_NO_NEW_PRIVS, 1),
        (libc::PR_SET_DUMPABLE, 0),
    ] {
        let none: libc::c_ulong = 0;
        // SAFETY: these options take numbers only.
        if unsafe { libc::prctl(option, value, none, none, none) } != 0 {
            return Err(format!("a right: {}", std::io::Error::last_os_error()));
        }
    }
    Ok(())
}

/// The tables may be read; in the folder that the worker was started in everything may be done that files allow.
fn files() -> Result<(), landlock::RulesetError> {
    Ruleset::default()
        .handle_access(AccessFs::from_all(LANDLOCK))?
        .handle_access(AccessNet::from_all(LANDLOCK))?
        .scope(landlock::Scope::from_all(LANDLOCK))?
        .create()?
        .add_rules(path_beneath_rules(TABLES, AccessFs::from_read(LANDLOCK)))?
        .add_rules(path_beneath_rules(
            ["."],
            AccessFs::from_all(LANDLOCK) & !AccessFs::Execute & !AccessFs::MakeSock & !AccessFs::IoctlDev,
        ))?
        .restrict_self()?;
    Ok(())
}

/// What reading needs of the kernel. Everything else is answered as by a kernel that does not have it.
const CALLS: &[libc::c_long] = &[
    libc::SYS_brk,
    libc::SYS_clock_getres,
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_close,
    libc::SYS_dup,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_faccessat,
    libc::SYS_fadvise64,
    libc::SYS_fchmod,
    libc::SYS_fcntl,
    libc::SYS_fdatasync,
    libc::SYS_flock,
    libc::SYS_fstat,
    libc::SYS_fstatfs,
    libc::SYS_fsync,
    libc::SYS_ftruncate,
    libc::SYS_futex,
    libc::SYS_getcwd,
    libc::SYS_getdents64,
    libc::SYS_getegid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getpid,
    libc::SYS_getrandom,
    libc::SYS_getrusage,
    libc::SYS_gettid,
    libc::SYS_gettimeofday,
    libc::SYS_getuid,
    libc::SYS_ioctl,
    libc::SYS_lseek,
    libc::SYS_madvise,
    libc::SYS_mmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_munmap,
    libc::SYS_nanosleep,
    libc::SYS_newfstatat,
    libc::SYS_openat,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_read,
    libc::SYS_readlinkat,
    libc::SYS_readv,
    libc::SYS_restart_syscall,
    libc::SYS_rseq,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    libc::SYS_sigaltstack,
    libc::SYS_statfs,
    libc::SYS_statx,
    libc::SYS_sysinfo,
    libc::SYS_tgkill,
    libc::SYS_uname,
    libc::SYS_unlinkat,
    libc::SYS_write,
    libc::SYS_writev,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_access,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_arch_prctl,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_lstat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_open,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_readlink,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_stat,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_time,
    #[cfg(target_arch = "x86_64")]
    libc::SYS_unlink,
];

fn calls() -> Result<(), Box<dyn std::error::Error>> {
    // A list of what is let through, not of what is refused: what a newer kernel adds is then refused too.
    let rules: BTreeMap<i64, _> = CALLS.iter().map(|call| (*call, Vec::new())).collect();
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Errno(libc::ENOSYS as u32),
        SeccompAction::Allow,
        std::env::consts::ARCH.try_into()?,
    )?;
    seccompiler::apply_filter(&BpfProgram::try_from(filter)?)?;
    Ok(())
}

/// Tries what must not go. Nothing is read, sent or started where it does go: the folder is opened and closed again, the
/// connection is to this machine's own discard port.
fn found() -> Fence {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let connected = TcpStream::connect_timeout(&nowhere, Duration::from_millis(100));
    Fence {
        gdal: gdal::version::version_info("RELEASE_NAME"),
        files: File::open("/").is_err() && File::open("/etc/passwd").is_err(),
        // Refused by a peer or nobody there would mean that the call itself went out.
        network: connected.is_err_and(|fault| fault.raw_os_error() == Some(libc::ENOSYS)),
        processes: Command::new("/bin/true")
            .status()
            .is_err_and(|fault| fault.raw_os_error() == Some(libc::ENOSYS)),
    }
}
