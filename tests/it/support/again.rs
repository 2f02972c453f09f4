//! This test program once more, as another process that plays a part: a service to kill, a keeper of the server.

use std::process::Command;

/// One test of this program, run by a process of its own.
///
/// `test` is the test's full name; the test finds its part in the environment variable the caller sets.
pub fn again(test: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]);
    command
}
