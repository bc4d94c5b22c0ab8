//! `keys suggest`: the smallest scopes for the calls that a job makes, before there is a key.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::PathBuf,
};

use clap::Args;
use serde::de::IgnoredAny;

use crate::{
    access::{
        scope::Scope,
        suggestion::{Suggester, Suggestion},
    },
    cli::{Done, Failure, output},
    operation::endpoint,
    surfaces::{management, storefront},
};

/// Bytes of a line that are read; the rest of a longer one is skipped.
const MAX_LINE_BYTES: u64 = 1024 * 1024;
/// Bytes of a HAR file, which is read as a whole.
const MAX_HAR_BYTES: u64 = 256 * 1024 * 1024;
/// Unknown lines that are printed for people.
const MAX_TOLD: usize = 20;

/// Computes the smallest scopes for calls that were logged
///
/// Prints the scopes as `--scopes` takes them, and on standard error which call needs which. A call that was refused counts
/// like any other: a log of what a job tried is enough. Needs no database.
#[derive(Args)]
#[allow(clippy::doc_markdown, reason = "--help prints these words as they are")]
pub struct Suggest {
    /// The studio's slug or id; it is only written into the command that creates the key
    #[arg(long)]
    studio: Option<String>,
    /// Logs: lines such as `GET /v1/classes`, this gateway's log, access logs of nginx, Apache or Caddy, JSON Lines, or a
    /// HAR file; - reads standard input [default: standard input]
    files: Vec<PathBuf>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Suggest {
    /// Runs it. It needs no database.
    pub fn run(&self) -> Done {
        let management = endpoint::operations(management::endpoints()).table;
        let storefront = endpoint::operations(storefront::endpoints()).table;
        let mut suggester = Suggester::new(&management, &storefront);
        if self.files.is_empty() {
            read(io::stdin().lock(), &mut suggester)?;
        }
        for path in &self.files {
            if path.as_os_str() == "-" {
                read(io::stdin().lock(), &mut suggester)?;
                continue;
            }
            let file = File::open(path).map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
            read(BufReader::new(file), &mut suggester)?;
        }
        let suggestion = suggester.suggestion();
        if self.json {
            output::json(&suggestion)?;
        } else {
            self.describe(&suggestion)?;
        }
        if suggestion.operations.is_empty() && suggestion.publishable.is_empty() {
            return Err(Failure::refused("the input has no call of this API"));
        }
        Ok(())
    }

    /// The scopes to standard output, as `--scopes` takes them; all else beside it.
    fn describe(&self, suggestion: &Suggestion) -> Done {
        let scopes: Vec<_> = suggestion.scopes.iter().map(Scope::name).collect();
        if !scopes.is_empty() {
            output::line(&scopes.join(","))?;
        }
        for needed in &suggestion.operations {
            let calls = output::counted(needed.calls, "call");
            eprintln!("{}: {calls} of {}", needed.scope.unwrap_or("-"), needed.operation);
        }
        for needed in &suggestion.publishable {
            let calls = output::counted(needed.calls, "call");
            eprintln!("a publishable key is enough: {calls} of {}", needed.operation);
        }
        for unknown in suggestion.unknown.iter().take(MAX_TOLD) {
            let times = if unknown.times > 1 { format!(" ({} times)", unknown.times) } else { String::new() };
            eprintln!(
                "{}",
                output::plain(format!("line {}: {}{times}: {}", unknown.line, unknown.text, unknown.reason))
            );
        }
        let more = suggestion.unknown.len().saturating_sub(MAX_TOLD) as u64 + suggestion.more_unknown;
        if more > 0 {
            let lines = output::counted(more, "more line");
            eprintln!("and {lines} that cannot be read as a call of this API; --json lists them");
        }
        if !scopes.is_empty() {
            let studio = self.studio.as_deref().unwrap_or("STUDIO");
            let scopes = scopes.join(",");
            eprintln!("Create the key with:");
            eprintln!("  flow-gateway keys create --studio {studio} --kind secret --name NAME --scopes {scopes}");
        }
        Ok(())
    }
}

/// Reads a log line by line. What begins like JSON and is not complete on its line may be a HAR file.
fn read(mut input: impl BufRead, suggester: &mut Suggester<'_>) -> Done {
    let (mut line, mut is_begin) = (Vec::new(), true);
    while input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line)? > 0 {
        if is_begin && line.trim_ascii_start().first() == Some(&b'{') {
            if serde_json::from_slice::<IgnoredAny>(&line).is_err() {
                input.by_ref().take(MAX_HAR_BYTES).read_to_end(&mut line)?;
            }
            if suggester.har(&String::from_utf8_lossy(&line)) {
                return Ok(());
            }
            if line.len() as u64 > MAX_HAR_BYTES {
                return Err(Failure::refused("this begins like a HAR file, and is longer than 256 MiB"));
            }
        }
        is_begin &= line.trim_ascii().is_empty();
        for line in line.split_inclusive(|byte| *byte == b'\n') {
            suggester.line(&String::from_utf8_lossy(line));
        }
        if line.last() != Some(&b'\n') {
            input.skip_until(b'\n')?;
        }
        line.clear();
    }
    Ok(())
}
