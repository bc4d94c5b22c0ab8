//! What is checked when all rows are written: an import writes many at once, and two that swap an address or a room
//! are right whichever line comes first. It writes into a copy, runs the rules within [`at_the_end`], and has them look for
//! unique values, clashes and places in use once everything is written.

use tokio::{task::futures::TaskLocalFuture, task_local};

task_local! {
    static AT_THE_END: ();
}

/// Work whose rules leave to the end what other rows may still change.
pub fn at_the_end<W: Future>(work: W) -> TaskLocalFuture<(), W> {
    AT_THE_END.scope((), work)
}

/// Whether a rule leaves this to the end.
pub(super) fn is_left() -> bool {
    AT_THE_END.try_with(|()| ()).is_ok()
}
