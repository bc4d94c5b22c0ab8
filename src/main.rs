//! Reads the command line, runs one command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Gives the memory of a flood back to the system, as soon as it has a little to do again. glibc's keeps it: after 2,000
/// clients had sent a large body each and left, a server went on with 236 MB of its own, and goes on with 16 MB now.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    flow_gateway::cli::run()
}
