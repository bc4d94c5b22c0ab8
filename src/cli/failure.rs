//! How a command ends that does not end well: what it says on standard error, and its exit code.

use std::{fmt::Display, process::ExitCode};

use crate::{
    access::keys::KeyError,
    config::ConfigError,
    store::{error::StoreError, open::OpenError},
    transfer::Stopped,
    wire::{mask::mask_keys, problem::Problem},
};

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// It was asked wrongly: exit 2.
    Usage(String),
    /// It was refused, or failed: exit 1.
    Refused(String),
    /// It is told already, by what was printed: exit 1.
    Told,
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

    /// Says it, and gives the exit code.
    pub fn tell(self) -> ExitCode {
        let (why, code) = match self {
            Self::Usage(why) => (why, 2),
            Self::Refused(why) => (why, 1),
            Self::Told => return ExitCode::from(1),
        };
        eprintln!("error: {}", mask_keys(&why));
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
            KeyError::Unfit(_) => Self::usage(error),
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
            // One fault is in the detail already.
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
