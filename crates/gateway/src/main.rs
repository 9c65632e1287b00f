//! The program `rollcall`. Everything is in the library `gateway`.

use std::process::ExitCode;

fn main() -> ExitCode {
    gateway::main()
}
