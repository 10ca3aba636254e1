//! The binary: hands the arguments to [`tidewaiter::cli`] and its exit code to the system.

use std::process::ExitCode;

fn main() -> ExitCode {
    tidewaiter::cli::main()
}
