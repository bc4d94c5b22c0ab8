//! Reads the command line, runs one command.

use std::process::ExitCode;

fn main() -> ExitCode {
    flow_gateway::cli::run()
}
