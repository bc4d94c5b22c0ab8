//! The smallest key for calls that somebody pasted: lines of method and path, an access log, or a HAR file. What was pasted may
//! hold secrets: it is read, and neither stored, logged nor shown again. Lines that are no calls are named, with keys masked.

use super::form::KeyForm;
use crate::{
    access::{
        key::KeyKind,
        suggestion::{NO_CALL, NeededOperation, Suggester, UnknownLine},
    },
    dashboard::{api_tables::ApiTables, api_texts::translate, texts::TEXTS},
};

/// Unknown lines that a page names.
const MOST_NAMED: usize = 20;

/// What was found in pasted calls.
pub(super) struct ReadCalls {
    /// What they need, in a sentence.
    pub summary: String,
    /// The calls that only the other kind of key reaches.
    pub of_other_kind: Option<String>,
    /// Lines that are no calls of the API.
    pub unknown: Vec<String>,
    /// How many there are beyond those.
    pub more_unknown: u64,
    operations: usize,
}

impl ReadCalls {
    /// The form that the calls fill in, and what was found.
    pub(super) fn of(pasted: &str, tables: &ApiTables) -> (KeyForm, Self) {
        let mut suggester = Suggester::new(&tables.management, &tables.storefront);
        if !suggester.har(pasted) {
            pasted.lines().for_each(|line| suggester.line(line));
        }
        let found = suggester.suggestion();
        let is_secret = !found.operations.is_empty();
        let needed = if is_secret { &found.operations } else { &found.publishable };
        let form = match (is_secret, needed.is_empty()) {
            (_, true) => KeyForm::empty(),
            (true, _) => KeyForm::of_kind(KeyKind::Secret).with_scopes(found.scopes.iter()),
            (false, _) => KeyForm::of_kind(KeyKind::Publishable),
        };
        let called = needed.iter().map(|needed| needed.operation.to_owned()).collect();
        let more = found.unknown.len().saturating_sub(MOST_NAMED) as u64 + found.more_unknown;
        let calls = Self {
            summary: summary(needed, is_secret.then(|| found.scopes.iter().count())),
            of_other_kind: (is_secret && !found.publishable.is_empty()).then(|| {
                let ids: Vec<_> = found.publishable.iter().map(|needed| needed.operation).collect();
                TEXTS.calls_of_other_kind.replace("{operations}", &ids.join(", "))
            }),
            unknown: found.unknown.iter().take(MOST_NAMED).map(line).collect(),
            more_unknown: more,
            operations: needed.len(),
        };
        (KeyForm { called, ..form }, calls)
    }

    /// Whether there was a call of the API.
    pub(super) fn has_found_some(&self) -> bool {
        self.operations > 0
    }
}

/// What was found; publishable keys have no scopes.
fn summary(needed: &[NeededOperation], scopes: Option<usize>) -> String {
    let calls: u64 = needed.iter().map(|needed| needed.calls).sum();
    let text = match scopes {
        _ if needed.is_empty() => TEXTS.calls_none,
        Some(_) => TEXTS.calls_found,
        None => TEXTS.calls_found_publishable,
    };
    text.replace("{calls}", &calls.to_string())
        .replace("{operations}", &needed.len().to_string())
        .replace("{scopes}", &scopes.unwrap_or_default().to_string())
}

fn line(unknown: &UnknownLine) -> String {
    let text = TEXTS
        .calls_unknown
        .replace("{line}", &unknown.line.to_string())
        .replace("{reason}", &translate(unknown.reason));
    let shown = if unknown.reason == NO_CALL { "" } else { &unknown.text };
    text.replace("{text}", shown).trim_end_matches([':', ' ']).to_owned()
}
