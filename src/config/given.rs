//! Remembers whether a setting was given by flag, variable or file, so that errors name it as the user wrote it. Also rejects
//! unknown `FLOW_` variables: a misspelt one would be ignored silently.

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

/// The prefix of our variables.
const PREFIX: &str = "FLOW_";
/// `FLOW_` variables of clients and tests.
const OTHER_PREFIXES: [&str; 3] = ["FLOW_PUBLISHABLE_KEY", "FLOW_SECRET_KEY", "FLOW_TEST_"];
/// The least similarity of a name that is suggested.
const MIN_SIMILARITY: f64 = 0.6;
/// Suggest further names whose similarity is at most this much lower.
const SUGGESTION_RANGE: f64 = 0.1;

/// How settings were given.
#[derive(Clone, Debug, Default)]
pub struct GivenNames(Arc<BTreeMap<String, String>>);

impl GivenNames {
    /// The setting's name as it was given, or its flag.
    pub fn name(&self, setting: &str) -> String {
        self.0.get(setting).cloned().unwrap_or_else(|| format!("--{}", setting.replace('_', "-")))
    }

    /// Adds the settings that only the file gives.
    pub(super) fn with_file(&self, file: &str, lines: &BTreeMap<String, usize>, given: &BTreeSet<String>) -> Self {
        let mut all = BTreeMap::clone(&self.0);
        for (setting, line) in lines.iter().filter(|(setting, _)| !given.contains(*setting)) {
            all.insert(setting.clone(), format!("{file}, line {line}: `{setting}`"));
        }
        Self(Arc::new(all))
    }

    /// The settings of the command line and the environment.
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

/// clap's error text. Where the invalid value came from a variable, it names the variable instead of the flag.
pub fn error_as_given(command: &Command, error: &clap::Error, typed: &[OsString]) -> String {
    let text = error.render().to_string();
    let Some(ContextValue::String(argument)) = error.get(ContextKind::InvalidArg) else { return text };
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

/// The variable of each flag and of each argument without one, as clap names them, for all commands.
fn collect(command: &Command, all: &mut BTreeMap<String, String>) {
    for argument in command.get_arguments() {
        let Some(variable) = argument.get_env() else { continue };
        let name = match argument.get_long() {
            Some(flag) => format!("--{flag}"),
            None => format!("<{}>", argument.get_id().as_str().to_uppercase()),
        };
        all.insert(name, variable.to_string_lossy().into_owned());
    }
    command.get_subcommands().for_each(|command| collect(command, all));
}

/// Rejects unknown variables with our prefix.
///
/// # Errors
/// Names the variable, and the one that was probably meant.
pub fn refuse_unknown_variables(command: &Command) -> Result<(), ConfigError> {
    let mut variables = BTreeMap::new();
    collect(command, &mut variables);
    let known: BTreeSet<&str> = variables.values().map(String::as_str).collect();
    for (name, value) in std::env::vars_os() {
        let (name, value) = (name.to_string_lossy(), value.to_string_lossy());
        if name.starts_with(PREFIX)
            && !value.is_empty()
            && !known.contains(&*name)
            && !is_service_variable(&name, &value)
        {
            let meant = suggestion(&name, known.iter().copied());
            return Err(ConfigError::UnknownVariable(name.into_owned(), meant));
        }
    }
    Ok(())
}

/// Kubernetes and Docker set variables for their services: one named `flow` sets `FLOW_SERVICE_HOST`, `FLOW_PORT` and so on.
fn is_service_variable(name: &str, value: &str) -> bool {
    let is_service = name.ends_with("_SERVICE_HOST") || name.contains("_SERVICE_PORT");
    let is_address = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let is_part = ["_TCP_", "_UDP_", "_SCTP_"].iter().any(|part| name.contains(part));
    OTHER_PREFIXES.iter().any(|other| name.starts_with(other))
        || is_service
        || (name.contains("_PORT") && (is_address || is_part))
}

/// The end of an error about an unknown name: suggests the most similar ones.
pub(super) fn suggestion<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> String {
    let likeness = |other: &str| strsim::normalized_damerau_levenshtein(name, other);
    let mut known: Vec<_> =
        known.map(|other| (likeness(other), other)).filter(|(alike, _)| *alike >= MIN_SIMILARITY).collect();
    known.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let best = known.first().map_or(0.0, |(alike, _)| *alike);
    let meant: Vec<_> = known
        .iter()
        .filter(|(alike, _)| *alike > best - SUGGESTION_RANGE)
        .map(|(_, other)| format!("`{other}`"))
        .collect();
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
            assert!(is_service_variable(name, value), "{name}");
        }
        for name in ["FLOW_OPS_ADR", "FLOW_PORT", "FLOW_STOREFRONT_URL"] {
            assert!(!is_service_variable(name, "7605"), "{name}");
        }
    }
}
