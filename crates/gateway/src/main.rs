//! The program `rollcall`. Everything is in the library `gateway`.

use std::process::ExitCode;

/// Pages are large short-lived buffers. The allocator of many systems gives each back to the operating system at once,
/// which costs a page of a thousand rows a tenth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    gateway::main()
}
