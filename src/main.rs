//! The `patchlight` program: arguments in, window or command out.

use std::process::ExitCode;

fn main() -> ExitCode {
    patchlight::cli::main()
}
