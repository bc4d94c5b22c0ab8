//! The formats of a report: lines for people, JSON for programs, SARIF 2.1.0 for code hosts. No format shows a key.

use clap::ValueEnum;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::found::{Finding, Found, Skipped};
use crate::cli::{Done, output};

/// The rule's id.
const RULE: &str = "flow-secret-key";
/// What to do with a key that was found.
const ADVICE: &str = "This is a secret key of Flow Gateway. Everybody who reads it can use it: revoke it first, replace it, \
    and only then remove it from the file and from the history.";
/// The characters that need no escape in the path of a URI.
const IN_A_PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'-').remove(b'_').remove(b'~');

/// A format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A line for each key
    #[default]
    Text,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, as code hosts read it
    Sarif,
}

/// Tells what was found.
///
/// # Errors
/// When standard output is broken.
pub fn print_report(found: &Found, format: Format) -> Done {
    match format {
        Format::Text => found.findings.iter().try_for_each(|finding| output::line(&line(finding))),
        Format::Json => output::json(found),
        Format::Sarif => output::json(&sarif(found)),
    }
}

fn line(finding: &Finding) -> String {
    let Finding { key, place, line, column } = finding;
    output::plain(format!("{}:{line}:{column}: {key}", place.shown()))
}

fn sarif(found: &Found) -> Value {
    let notes: Vec<_> = found.not_scanned.iter().map(note).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "flow-gateway scan",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": [{
                    "id": RULE,
                    "name": "FlowSecretKey",
                    "shortDescription": {"text": "A secret key of Flow Gateway"},
                    "fullDescription": {"text": ADVICE},
                    "help": {"text": ADVICE},
                    "defaultConfiguration": {"level": "error"},
                    "properties": {"tags": ["security"], "security-severity": "9.0"},
                }],
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": true, "toolExecutionNotifications": notes}],
            "results": found.findings.iter().map(result).collect::<Vec<_>>(),
        }],
    })
}

fn result(finding: &Finding) -> Value {
    let Finding { key, place, line, column } = finding;
    let mut location = json!({"artifactLocation": {"uri": uri(&place.path)}});
    // A line of an entry is no line of its archive, nor one of an older version.
    if place.entry.is_none() && place.commit.is_none() {
        location["region"] = json!({"startLine": line, "startColumn": column});
    }
    json!({
        "ruleId": RULE,
        "ruleIndex": 0,
        "level": "error",
        "message": {"text": format!("{key} stands in {}, line {line}. Revoke it first, then replace it.", place.shown())},
        "locations": [{"physicalLocation": location}],
    })
}

fn note(skipped: &Skipped) -> Value {
    let text = format!("{} was not scanned: {}", skipped.place.shown(), skipped.reason);
    json!({"level": "warning", "message": {"text": text}})
}

/// A path as a URI: an absolute one with its scheme, any other relative to where the scan was started.
fn uri(path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    let encoded = utf8_percent_encode(if path.is_empty() { "." } else { path }, IN_A_PATH);
    if path.starts_with('/') { format!("file://{encoded}") } else { encoded.to_string() }
}
