//! Why a sign-in is refused, for all that ask for a password or a code.

use super::second_factor::check::CodeError;
use crate::{access::rate::Exhausted, store::error::StoreError, wire::problem::Problem};

/// Why nobody was signed in.
#[derive(Debug)]
pub enum NotSignedIn {
    /// No such account, or not its password, or not its code.
    Wrong,
    /// The code was typed too late: the password has to be typed again.
    Late,
    /// No code of an app can be checked at the moment.
    Unreadable,
    /// Too many attempts: the seconds to wait.
    Throttled(u32),
    /// The gateway could not tell.
    Failed(Problem),
}

impl From<Problem> for NotSignedIn {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<StoreError> for NotSignedIn {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Exhausted> for NotSignedIn {
    fn from(exhausted: Exhausted) -> Self {
        Self::Throttled(exhausted.wait)
    }
}

impl From<CodeError> for NotSignedIn {
    fn from(error: CodeError) -> Self {
        match error {
            CodeError::Wrong => Self::Wrong,
            CodeError::Unreadable => Self::Unreadable,
            CodeError::Store(error) => error.into(),
        }
    }
}
