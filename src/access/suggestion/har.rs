//! The calls of a HAR file, as browsers and proxies save them.

use serde::Deserialize;

use super::line::LoggedCall;

#[derive(Deserialize)]
struct Har {
    log: HarLog,
}

#[derive(Deserialize)]
struct HarLog {
    entries: Vec<HarEntry>,
}

#[derive(Deserialize)]
struct HarEntry {
    request: Request,
}

#[derive(Deserialize)]
struct Request {
    method: String,
    url: String,
}

/// The calls, if the text is a HAR file.
pub fn calls(text: &str) -> Option<Vec<LoggedCall>> {
    let Har { log: HarLog { entries } } = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
    Some(entries.iter().filter_map(|entry| LoggedCall::of(&entry.request.method, &entry.request.url)).collect())
}
