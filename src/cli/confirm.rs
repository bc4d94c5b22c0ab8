//! Asks for confirmation before an irreversible action; a script must pass `--yes`.

use std::io::{self, IsTerminal, Write};

use super::{Done, Failure};

/// Asks at a terminal: `fact` is what will happen, `action` the action.
///
/// # Errors
/// When the answer is not yes, or there is no terminal.
pub fn confirm(fact: &str, action: &str) -> Done {
    if !io::stdin().is_terminal() {
        return Err(Failure::refused(format!("{fact}. There is no terminal to ask at: pass --yes to {action}")));
    }
    eprint!("{fact}. Really {action}? [y/N] ");
    io::stderr().flush()?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if matches!(answer.trim(), "y" | "Y" | "yes") {
        Ok(())
    } else {
        Err(Failure::refused("not confirmed: nothing was changed"))
    }
}
