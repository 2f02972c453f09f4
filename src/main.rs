//! The command `merestone`: parses the command line, runs it, sets the exit code; nothing else.

fn main() -> std::process::ExitCode {
    merestone::cli::main()
}
