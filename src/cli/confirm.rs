//! Asks a person before something that cannot be taken back; a script has to say so beforehand.

use std::io::{self, IsTerminal, Write};

use super::{Done, Failure};

/// Goes on only when a person at a terminal says yes: `fact` is what to consider, `deed` what is to be done.
///
/// # Errors
/// When nobody says yes.
pub fn confirm(fact: &str, deed: &str) -> Done {
    if !io::stdin().is_terminal() {
        return Err(Failure::refused(format!("{fact}: say --yes to {deed}")));
    }
    eprint!("{fact}. Really {deed}? [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") { Ok(()) } else { Err(Failure::refused("nothing was done")) }
}
