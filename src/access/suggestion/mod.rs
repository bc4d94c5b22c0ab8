//! The smallest key for a job, computed from the calls that the job makes: lines of method and path, access logs, or a
//! HAR file. Called by `keys suggest` (and the dashboard). It promises to name each line that is no call it knows, and to
//! repeat no key and no query, which a log may hold.

mod har;
mod line;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use self::line::LoggedCall;
use super::{
    scope::{Scope, ScopeSet},
    table::{Lookup, Rule, Table},
};
use crate::wire::mask::mask_path;

/// The most unknown lines that are listed.
const MAX_UNKNOWN: usize = 1000;
/// Why a line without a method and a path is unknown. Its text may be anything, such as a header with a password.
pub const NO_CALL: &str = "it names no method and path";
/// Characters of an unknown line that are shown.
const MAX_SHOWN_CHARACTERS: usize = 120;

/// What calls need.
#[derive(Debug, Default, Serialize)]
pub struct Suggestion {
    /// The smallest scopes of a secret key that allow them.
    pub scopes: ScopeSet,
    /// The operations that a secret key reaches, and how often they were called.
    pub operations: Vec<NeededOperation>,
    /// The operations that a publishable key reaches, and no secret one.
    pub publishable: Vec<NeededOperation>,
    /// The lines that are no calls of this API.
    pub unknown: Vec<UnknownLine>,
    /// How many unknown lines there are beyond those.
    pub more_unknown: u64,
}

/// An operation that is called.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct NeededOperation {
    /// The operation's id.
    pub operation: &'static str,
    /// The scope that it needs; none of a publishable key.
    pub scope: Option<&'static str>,
    /// How many calls.
    pub calls: u64,
}

/// A line, or an entry of a HAR file, that is no call of this API.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct UnknownLine {
    /// Its number, from 1; of the first one, where the same call comes again.
    pub line: u64,
    /// What it says, without its query and with keys masked.
    pub text: String,
    /// Why it is no known call.
    pub reason: &'static str,
    /// How often it comes.
    pub times: u64,
}

/// Reads calls, and knows what they need.
pub struct Suggester<'t> {
    management: &'t Table,
    storefront: &'t Table,
    lines: u64,
    scopes: BTreeSet<Scope>,
    by_secret_key: BTreeMap<&'static str, NeededOperation>,
    by_publishable_key: BTreeMap<&'static str, NeededOperation>,
    unknown: BTreeMap<(String, &'static str), UnknownLine>,
    more_unknown: u64,
}

impl<'t> Suggester<'t> {
    /// One that knows these tables.
    pub fn new(management: &'t Table, storefront: &'t Table) -> Self {
        Self {
            management,
            storefront,
            lines: 0,
            scopes: BTreeSet::new(),
            by_secret_key: BTreeMap::new(),
            by_publishable_key: BTreeMap::new(),
            unknown: BTreeMap::new(),
            more_unknown: 0,
        }
    }

    /// Reads a line of a log. Empty lines and lines that begin with `#` say nothing.
    pub fn line(&mut self, line: &str) {
        self.lines += 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return;
        }
        match LoggedCall::read(line) {
            Some(call) => self.call(&call),
            None => self.note_unknown(line, NO_CALL),
        }
    }

    /// Reads a HAR file, if the text is one.
    pub fn har(&mut self, text: &str) -> bool {
        let Some(calls) = har::calls(text) else { return false };
        for call in calls {
            self.lines += 1;
            self.call(&call);
        }
        true
    }

    fn call(&mut self, call: &LoggedCall) {
        let path = call.path();
        // Behind a proxy the API may stand below a path of its own.
        let below = path.find("/v1/").map(|at| &path[at..]);
        let paths = || [Some(path), below].into_iter().flatten();
        let rule_of = |table: &'t Table| {
            paths().find_map(|path| match table.find(&call.method, path) {
                Lookup::Operation(rule) => Some(rule),
                Lookup::OtherMethods { .. } | Lookup::Nothing => None,
            })
        };
        let count = |needed: &mut BTreeMap<_, _>, rule: &Rule| {
            let fresh = NeededOperation { operation: rule.id, scope: rule.needs.map(Scope::name), calls: 0 };
            needed.entry(rule.id).or_insert(fresh).calls += 1;
        };
        if let Some(rule) = rule_of(self.management) {
            self.scopes.extend(rule.needs);
            count(&mut self.by_secret_key, rule);
        } else if let Some(rule) = rule_of(self.storefront) {
            count(&mut self.by_publishable_key, rule);
        } else if call.method != "OPTIONS" {
            let takes_others = |table: &Table| matches!(table.find(&call.method, path), Lookup::OtherMethods { .. });
            let reason = if takes_others(self.management) || takes_others(self.storefront) {
                "no operation of this path takes this method"
            } else {
                "no operation has this path"
            };
            self.note_unknown(&format!("{} {path}", call.method), reason);
        }
    }

    fn note_unknown(&mut self, text: &str, reason: &'static str) {
        let text = text.split('?').next().unwrap_or(text);
        let text: String = mask_path(text).chars().take(MAX_SHOWN_CHARACTERS).collect();
        if self.unknown.len() >= MAX_UNKNOWN && !self.unknown.contains_key(&(text.clone(), reason)) {
            self.more_unknown += 1;
            return;
        }
        let first = UnknownLine { line: self.lines, text: text.clone(), reason, times: 0 };
        self.unknown.entry((text, reason)).or_insert(first).times += 1;
    }

    /// What all that was read needs.
    pub fn suggestion(self) -> Suggestion {
        let mut unknown: Vec<_> = self.unknown.into_values().collect();
        unknown.sort_by_key(|unknown| unknown.line);
        Suggestion {
            scopes: self.scopes.into_iter().collect(),
            operations: self.by_secret_key.into_values().collect(),
            publishable: self.by_publishable_key.into_values().collect(),
            unknown,
            more_unknown: self.more_unknown,
        }
    }
}
