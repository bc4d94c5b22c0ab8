//! How each setting was given, so that what is wrong with it is named as its writer knows it: a flag, a variable, or a
//! line of the file. And the variables that are no setting, of which a misspelt one would be passed over unseen.

use std::{
    collections::{BTreeMap, BTreeSet},
    ffi::OsString,
    sync::Arc,
};

use clap::{
    ArgMatches, Command,
    error::{ContextKind, ContextValue},
    parser::ValueSource,
};

use super::error::ConfigError;

/// The beginning of all our variables.
const OURS: &str = "FLOW_";
/// Variables of those who call the gateway, and of its tests.
const OTHERS: [&str; 3] = ["FLOW_PUBLISHABLE_KEY", "FLOW_SECRET_KEY", "FLOW_TEST_"];
/// How alike two names are of which one is taken for a misspelling of the other.
const ALIKE: f64 = 0.6;
/// How far another may be behind the nearest to be named beside it.
const AS_ALIKE: f64 = 0.1;

/// How settings were given.
#[derive(Clone, Debug, Default)]
pub struct GivenNames(Arc<BTreeMap<String, String>>);

impl GivenNames {
    /// What to call a setting: as it was given, or by its flag where it was not.
    pub fn name(&self, setting: &str) -> String {
        self.0.get(setting).cloned().unwrap_or_else(|| format!("--{}", setting.replace('_', "-")))
    }

    /// Those that the file gives and nothing that goes before it; `lines` are the file's.
    pub(super) fn with_file(&self, file: &str, lines: &BTreeMap<String, usize>, given: &BTreeSet<String>) -> Self {
        let mut all = BTreeMap::clone(&self.0);
        for (setting, line) in lines.iter().filter(|(setting, _)| !given.contains(*setting)) {
            all.insert(setting.clone(), format!("{file}, line {line}: `{setting}`"));
        }
        Self(Arc::new(all))
    }

    /// Those that the command line and the environment give.
    pub fn to(command: &Command, matches: &ArgMatches) -> Self {
        let mut all = BTreeMap::new();
        note(command, matches, &mut all);
        Self(Arc::new(all))
    }
}

fn note(command: &Command, matches: &ArgMatches, all: &mut BTreeMap<String, String>) {
    for argument in command.get_arguments() {
        let id = argument.get_id().as_str();
        let is_there = matches.try_contains_id(id).is_ok();
        if let (true, Some(variable)) = (is_there, argument.get_env())
            && matches.value_source(id) == Some(ValueSource::EnvVariable)
        {
            all.insert(id.to_owned(), variable.to_string_lossy().into_owned());
        }
    }
    if let Some((name, matches)) = matches.subcommand()
        && let Some(command) = command.find_subcommand(name)
    {
        note(command, matches, all);
    }
}

/// What the command line's own refusal says, where it refuses a value that came from a variable: clap names the flag.
pub fn named_as_given(command: &Command, told: &clap::Error, typed: &[OsString]) -> String {
    let text = told.render().to_string();
    let Some(ContextValue::String(argument)) = told.get(ContextKind::InvalidArg) else { return text };
    let flag = argument.split([' ', '[', '=']).next().unwrap_or_default();
    let is_typed = typed.iter().any(|word| {
        let word = word.to_string_lossy();
        word == flag || word.strip_prefix(flag).is_some_and(|rest| rest.starts_with('='))
    });
    let mut variables = BTreeMap::new();
    collect(command, &mut variables);
    match variables.get(flag) {
        Some(variable) if !is_typed && std::env::var_os(variable).is_some() => {
            text.replace(&format!("'{argument}'"), &format!("the variable {variable}"))
        }
        _ => text,
    }
}

/// The variable of each flag, of all commands.
fn collect(command: &Command, all: &mut BTreeMap<String, String>) {
    for argument in command.get_arguments() {
        if let (Some(flag), Some(variable)) = (argument.get_long(), argument.get_env()) {
            all.insert(format!("--{flag}"), variable.to_string_lossy().into_owned());
        }
    }
    command.get_subcommands().for_each(|command| collect(command, all));
}

/// Refuses a variable that begins as ours do and is none.
///
/// # Errors
/// When there is one; it is named, with the one that was probably meant.
pub fn refuse_unknown_variables(command: &Command) -> Result<(), ConfigError> {
    let mut variables = BTreeMap::new();
    collect(command, &mut variables);
    let known: BTreeSet<&str> = variables.values().map(String::as_str).collect();
    for (name, value) in std::env::vars_os() {
        let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
        if name.starts_with(OURS) && !value.is_empty() && !known.contains(&*name) && !is_anothers(&name, &value) {
            let meant = like(&name, known.iter().copied());
            return Err(ConfigError::UnknownVariable(name.into_owned(), meant));
        }
    }
    Ok(())
}

/// Kubernetes and Docker tell every process of their services: one that is called `flow` gives `FLOW_SERVICE_HOST`,
/// `FLOW_PORT` and the like.
fn is_anothers(name: &str, value: &str) -> bool {
    let is_service = name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT");
    let is_address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let is_part = ["_TCP_", "_UDP_", "_SCTP_"].iter().any(|part| name.contains(part));
    OTHERS.iter().any(|other| name.starts_with(other))
        || is_service
        || (name.contains("_PORT") && (is_address || is_part))
}

/// The end of a sentence about a name that is not known: which one was probably meant.
pub(super) fn like<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let likeness = |other: &str| strsim::normalized_damerau_levenshtein(name, other);
    let mut known: Vec<_> = known.map(|other| (likeness(other), other)).filter(|(alike, _)| *alike >= ALIKE).collect();
    known.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let best = known.first().map_or(0.0, |(alike, _)| *alike);
    let meant: Vec<_> =
        known.iter().filter(|(alike, _)| *alike > best - AS_ALIKE).map(|(_, other)| format!("`{other}`")).collect();
    match meant.as_slice() {
        [] => "`flow-gateway serve --help` lists them".to_owned(),
        meant => format!("did you mean {}?", meant.join(" or ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_orchestrator_says_of_a_service_is_not_taken_for_a_setting() {
        for (name, value) in [
            ("FLOW_SERVICE_HOST", "10.0.0.1"),
            ("FLOW_GATEWAY_SERVICE_PORT_HTTP", "7605"),
            ("FLOW_PORT", "tcp://10.0.0.1:7605"),
            ("FLOW_PORT_7605_TCP", "tcp://10.0.0.1:7605"),
            ("FLOW_PORT_7605_TCP_ADDR", "10.0.0.1"),
            ("FLOW_TEST_POSTGRES", "required"),
            ("FLOW_SECRET_KEY", "flow_sk_…"),
        ] {
            assert!(is_anothers(name, value), "{name}");
        }
        for name in ["FLOW_OPS_ADR", "FLOW_PORT", "FLOW_STOREFRONT_URL"] {
            assert!(!is_anothers(name, "7605"), "{name}");
        }
    }
}
