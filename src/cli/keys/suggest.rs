//! `keys suggest`: the smallest scopes for the calls that a job makes, before there is a key.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::PathBuf,
};

use clap::Args;

use crate::{
    access::{
        scope::Scope,
        suggestion::{Suggester, Suggestion},
    },
    cli::{Done, Failure, output},
    operation::endpoint,
    surfaces::{management, storefront},
};

/// A line of a log is cut here; a HAR file may be one line.
const MAX_INPUT_BYTES: u64 = 256 * 1024 * 1024;
/// Unknown lines that are printed for people.
const MAX_TOLD: usize = 20;

/// What `keys suggest` takes.
#[derive(Args)]
#[allow(clippy::doc_markdown, reason = "--help prints these words as they are")]
pub struct Suggest {
    /// The studio's slug or id, for the command that creates the key
    #[arg(long)]
    studio: Option<String>,
    /// Lines such as `GET /v1/classes`, access logs of nginx, Apache or Caddy, JSON Lines, or a HAR file [default: standard input]
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
            return Err(Failure::refused("no call of this API was read"));
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
            eprintln!("{}: {} calls of {}", needed.scope.unwrap_or("-"), needed.calls, needed.operation);
        }
        for needed in &suggestion.publishable {
            eprintln!("a publishable key reads this: {} calls of {}", needed.calls, needed.operation);
        }
        for unknown in suggestion.unknown.iter().take(MAX_TOLD) {
            let times = if unknown.times > 1 { format!(" ({} times)", unknown.times) } else { String::new() };
            let line = format!("line {}: {}{times}: {}", unknown.line, unknown.text, unknown.reason);
            eprintln!("{}", line.replace(char::is_control, "\u{fffd}"));
        }
        let more = suggestion.unknown.len().saturating_sub(MAX_TOLD) as u64 + suggestion.more_unknown;
        if more > 0 {
            eprintln!("and {more} more lines that are no calls of this API; --json lists them");
        }
        if !scopes.is_empty() {
            let studio = self.studio.as_deref().unwrap_or("STUDIO");
            let scopes = scopes.join(",");
            eprintln!("flow-gateway keys create --studio {studio} --kind secret --name NAME --scopes {scopes}");
        }
        Ok(())
    }
}

/// Reads a log line by line. What begins like JSON and is no line of it may be a HAR file.
fn read(mut input: impl BufRead, suggester: &mut Suggester<'_>) -> Done {
    let mut first = Vec::new();
    while first.trim_ascii().is_empty() {
        if input.read_until(b'\n', &mut first)? == 0 {
            return Ok(());
        }
    }
    if first.trim_ascii_start().first() == Some(&b'{') {
        let is_line = serde_json::from_slice::<serde_json::Value>(&first).is_ok();
        if !is_line {
            input.by_ref().take(MAX_INPUT_BYTES).read_to_end(&mut first)?;
        }
        if suggester.har(&String::from_utf8_lossy(&first)) {
            return Ok(());
        }
    }
    for line in first.split_inclusive(|byte| *byte == b'\n') {
        suggester.line(&String::from_utf8_lossy(line));
    }
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        suggester.line(&String::from_utf8_lossy(&line));
        line.clear();
    }
    Ok(())
}
