//! The fields of all log lines that the source writes: what stands in `tracing`'s macros before the message.

use std::collections::BTreeSet;

use super::sources::{sources, without_comments};

/// Their names.
pub fn log_fields() -> BTreeSet<String> {
    sources()
        .iter()
        .flat_map(|(_, text)| {
            let shipped = text.split("#[cfg(test)]").next().unwrap_or_default();
            let shipped = without_comments(shipped);
            shipped
                .match_indices("tracing::")
                .filter_map(|(at, _)| arguments(&shipped[at..]))
                .flatten()
                .collect::<Vec<_>>()
        })
        .filter_map(|argument| field(&argument))
        .collect()
}

/// What is given to the macro that stands at the start of this text.
fn arguments(text: &str) -> Option<Vec<String>> {
    let (name, rest) = text.split_once("!(")?;
    let is_macro = name.trim_start_matches("tracing::$").trim_start_matches("tracing::");
    if !is_macro.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_') || is_macro == "enabled" {
        return None;
    }
    let (mut all, mut argument, mut depth, mut is_text) = (Vec::new(), String::new(), 0, false);
    let mut letters = rest.chars();
    while let Some(letter) = letters.next() {
        argument.push(letter);
        match letter {
            '\\' if is_text => argument.extend(letters.next()),
            '"' => is_text = !is_text,
            _ if is_text => {}
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => break,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => all.push(std::mem::take(&mut argument)),
            _ => {}
        }
    }
    all.push(argument);
    Some(all)
}

/// The field that an argument is: `name = value`, or a value under its own name, `%name`.
fn field(argument: &str) -> Option<String> {
    let argument = argument.trim_end_matches([',', ')']).trim();
    // A macro of ours passes on what may be missing in `$(…)?`.
    let argument =
        argument.strip_prefix("$(").and_then(|rest| rest.split_once(")?")).map_or(argument, |(_, rest)| rest.trim());
    let is_name = |text: &str| {
        text.starts_with(char::is_alphabetic)
            && text.chars().all(|letter| "_.".contains(letter) || letter.is_ascii_lowercase())
    };
    match argument.split_once('=') {
        Some((name, _)) => Some(name.trim().to_owned()).filter(|name| is_name(name)),
        None => Some(argument.trim_start_matches(['%', '?']).to_owned()).filter(|name| is_name(name)),
    }
}
