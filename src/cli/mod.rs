//! The command line, one file per command. Data goes to standard output, everything else to standard error. Exit codes: 0 done,
//! 1 refused or failed, 2 wrong usage.

mod activity;
mod audit;
mod backup;
mod confirm;
mod copy;
mod database;
mod demo;
mod examples;
mod explain;
mod export;
mod failure;
mod import;
mod keys;
mod members;
mod migrate;
mod openapi;
mod outbox;
mod output;
mod progress;
mod restore;
mod scan;
mod serve;
mod shell;
mod signing_keys;
mod studio;

use std::{ffi::OsString, process::ExitCode};

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use self::failure::{ErrorForm, Failure};
use crate::{
    config::{self, GivenNames, ListenAddress, LogFilter, Serving, SharedOptions},
    server::{log, signal},
    wire::mask::mask_keys,
};

/// The result of a command.
type Done = Result<(), Failure>;

#[derive(Parser)]
#[command(name = "flow-gateway", version, about, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    shared: SharedOptions,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Runs all surfaces
    Serve {
        #[command(flatten)]
        settings: Box<Serving>,
    },
    /// Creates a new database with a demo studio, its keys and weeks of calls, prints keys and example calls, then serves
    Demo {
        #[command(flatten)]
        settings: Box<Serving>,
        /// The listen address of the studio's website [default: 127.0.0.1:7609, or any port while that is taken]
        #[arg(long, value_name = "HOST:PORT", env = "FLOW_WEBSITE_ADDR", hide_env_values = true)]
        website_addr: Option<ListenAddress>,
    },
    /// Creates, shows and changes studios
    #[command(subcommand)]
    Studio(studio::StudioCommand),
    /// Creates, shows, replaces and revokes keys
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Erases members' personal data, and lets erased people return
    #[command(subcommand)]
    Members(members::MembersCommand),
    /// Shows and replaces the keys that sign member tokens
    #[command(subcommand)]
    SigningKeys(signing_keys::SigningKeysCommand),
    /// Shows unsent e-mail and sends it again
    #[command(subcommand)]
    Outbox(outbox::OutboxCommand),
    /// Brings a database to the current schema
    Migrate(migrate::Migrate),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Copy(copy::Copy),
    /// Prints the calls that came with a studio's keys as JSON Lines, admitted and refused ones
    Activity(activity::PrintActivity),
    /// Prints the audit log as JSON Lines: who did what to a studio's keys, people and settings
    Audit(audit::Audit),
    Export(export::Export),
    Import(import::Import),
    /// Prints a surface's OpenAPI document
    Openapi(openapi::Openapi),
    Scan(scan::Scan),
    /// Prints completions for a shell
    Completions(shell::Completions),
    /// Prints the manual page
    Man(shell::Man),
    /// Checks a call as the gateway would, step by step, and shows which step decides
    Explain(explain::Explain),
}

/// Runs the command given on the command line.
pub fn run() -> ExitCode {
    protect_memory();
    let mut command = config::without_empty_variables(self::command());
    let typed: Vec<_> = std::env::args_os().collect();
    let form = ErrorForm::asked_for(&typed);
    let read = command.try_get_matches_from_mut(&typed).and_then(|matches| {
        let given = GivenNames::to(&command, &matches);
        let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        Ok(Cli { shared: SharedOptions { given, ..cli.shared }, ..cli })
    });
    let cli = match read {
        Ok(cli) => cli,
        Err(error) => return print_clap_error(&command, &error, &typed, form),
    };
    if let Err(error) = config::refuse_unknown_variables(&self::command()) {
        return Failure::from(error).report(form);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Failure::refused(error).report(form),
    };
    let result = runtime.block_on(run_command(cli));
    // Do not wait for DNS look-ups or database calls that are still running.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(form),
    }
}

/// All commands, with examples in their help.
fn command() -> clap::Command {
    examples::with_examples(Cli::command())
}

/// Disables core dumps and tracing by other processes: memory contains keys and passwords.
fn protect_memory() {
    rlimit::setrlimit(rlimit::Resource::CORE, 0, 0).ok();
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable).ok();
}

/// Prints help and version to standard output, errors to standard error, with any typed key masked.
fn print_clap_error(command: &clap::Command, error: &clap::Error, typed: &[OsString], form: ErrorForm) -> ExitCode {
    if error.use_stderr() {
        let said = config::error_as_given(command, error, typed);
        if form == ErrorForm::Json {
            // Without the usage, which is for people.
            let why =
                said.split("\n\nUsage").next().unwrap_or_default().split("\n\nFor more").next().unwrap_or_default();
            return Failure::usage(why.trim_start_matches("error: ")).report(form);
        }
        eprint!("{}", mask_keys(&said));
        return ExitCode::from(2);
    }
    error.print().ok();
    ExitCode::SUCCESS
}

async fn run_command(cli: Cli) -> Done {
    let Cli { shared, command } = cli;
    let (given, quiet) = match &command {
        Command::Serve { settings } | Command::Demo { settings, .. } => (Serving::clone(settings), log::DEFAULT_FILTER),
        Command::Openapi(_) => (config::serving_in_environment().map_err(Failure::usage)?, "warn"),
        _ => (Serving::default(), "warn"),
    };
    let (shared, settings) = config::merged_with_file(shared, given)?;
    let filter = shared.log_level.as_ref().map_or(quiet, LogFilter::as_str);
    let _lines = log::init(settings.log_format.unwrap_or_default(), Some(filter)).map_err(Failure::usage)?;
    signal::ignore_file_size_signal();
    match command {
        Command::Serve { .. } => serve::run(&shared, settings).await,
        Command::Demo { website_addr, .. } => demo::run(&shared, settings, website_addr.map(|address| address.0)).await,
        Command::Studio(command) => studio::run(&shared, command).await,
        Command::Keys(command) => keys::run(&shared, command).await,
        Command::Members(command) => members::run(&shared, command).await,
        Command::SigningKeys(command) => signing_keys::run(&shared, command).await,
        Command::Outbox(command) => outbox::run(&shared, command).await,
        Command::Migrate(command) => command.run(&shared).await,
        Command::Backup(command) => command.run(&shared).await,
        Command::Restore(command) => command.run(&shared).await,
        Command::Copy(command) => command.run(&shared).await,
        Command::Activity(command) => command.run(&shared).await,
        Command::Audit(command) => command.run(&shared).await,
        Command::Export(command) => command.run(&shared).await,
        Command::Import(command) => command.run(&shared).await,
        Command::Openapi(command) => command.run(&settings),
        Command::Scan(command) => command.run(),
        Command::Completions(command) => command.run(),
        Command::Man(command) => command.run(),
        Command::Explain(command) => command.run(&shared).await,
    }
}
