//! Errors of commands: the text on standard error, and the exit code.

use std::{ffi::OsString, fmt::Display, process::ExitCode};

use serde_json::json;

use crate::{
    access::keys::KeyError,
    config::ConfigError,
    store::{error::StoreError, open::OpenError},
    transfer::Stopped,
    wire::{mask::mask_keys, problem::Problem, text::escaped_json},
};

/// How an error is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorForm {
    /// For people.
    Text,
    /// For programs: an object on a line of its own.
    Json,
}

impl ErrorForm {
    /// JSON where `--json` was typed, so that also a command line that cannot be read is answered so.
    pub fn asked_for(typed: &[OsString]) -> Self {
        let options = typed.iter().take_while(|word| *word != "--");
        if options.into_iter().any(|word| word == "--json") { Self::Json } else { Self::Text }
    }
}

/// Why a command failed.
#[derive(Debug)]
pub enum Failure {
    /// Wrong usage: exit code 2.
    Usage(String),
    /// Refused or failed: exit code 1.
    Refused(String),
    /// The output says it already: exit code 1.
    Reported,
}

impl Failure {
    /// Wrong usage.
    pub fn usage(why: impl Display) -> Self {
        Self::Usage(why.to_string())
    }

    /// A refusal.
    pub fn refused(why: impl Display) -> Self {
        Self::Refused(why.to_string())
    }

    /// Prints the error, and returns the exit code.
    pub fn report(self, form: ErrorForm) -> ExitCode {
        let (why, code) = match self {
            Self::Usage(why) => (why, 2),
            Self::Refused(why) => (why, 1),
            Self::Reported => return ExitCode::from(1),
        };
        let why = mask_keys(&why);
        match form {
            ErrorForm::Text => eprintln!("error: {why}"),
            ErrorForm::Json => eprintln!("{}", escaped_json(json!({"error": why, "exit_code": code}).to_string())),
        }
        ExitCode::from(code)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error)
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Url(_) => Self::usage(error),
            other => Self::refused(other),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::refused(error)
    }
}

impl From<KeyError> for Failure {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Invalid(_) => Self::usage(error),
            other => Self::refused(other),
        }
    }
}

impl From<Stopped> for Failure {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Wrong(why) => Self::Usage(why),
            Stopped::Refused(faults) => Self::Refused(format!("nothing was imported:{faults}")),
            Stopped::Failed(why) => Self::Refused(why),
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        match problem.errors() {
            // A single fault is in the detail already.
            [] | [_] => match problem.cause() {
                Some(cause) => Self::refused(cause),
                None => Self::refused(problem.detail()),
            },
            faults => {
                let lines = faults.iter().map(|fault| format!("\n  {} {}", fault.pointer, fault.detail));
                Self::refused(format!("{}{}", problem.detail(), lines.collect::<String>()))
            }
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::refused(error)
    }
}
