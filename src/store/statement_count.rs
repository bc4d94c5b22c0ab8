//! Counts statements, for tests that check what a write costs. Otherwise nothing is counted.

use std::cell::Cell;

tokio::task_local! {
    static COUNTED: Cell<usize>;
}

/// Runs some work; returns its result and how many statements it ran, those that begin and end transactions aside.
pub async fn count<T>(work: impl Future<Output = T>) -> (T, usize) {
    let watched = async {
        let done = work.await;
        (done, COUNTED.with(Cell::get))
    };
    COUNTED.scope(Cell::default(), watched).await
}

/// Notes that a statement runs.
pub(super) fn note() {
    COUNTED.try_with(|counted| counted.set(counted.get() + 1)).ok();
}
