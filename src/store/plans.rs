//! How the engine finds the rows of a page. The tests and the benchmark that hold what a page costs ask for it around a
//! real call; nobody else does, and then nothing of this runs.

use std::cell::RefCell;

use sqlx::{ColumnIndex, Decode, Row, Type};

tokio::task_local! {
    static NOTED: RefCell<Vec<String>>;
}

/// Does some work, and hands back beside its result the plan of each statement that read rows for it, in order.
pub async fn of<T>(work: impl Future<Output = T>) -> (T, Vec<String>) {
    let watched = async {
        let done = work.await;
        (done, NOTED.with(RefCell::take))
    };
    NOTED.scope(RefCell::default(), watched).await
}

pub(super) fn are_asked_for() -> bool {
    NOTED.try_with(|_| ()).is_ok()
}

pub(super) fn note(plan: String) {
    NOTED.try_with(|noted| noted.borrow_mut().push(plan)).ok();
}

/// The lines of a plan.
pub(super) fn lines<'r, R: Row>(rows: &'r [R], column: &'static str) -> Result<Vec<String>, sqlx::Error>
where
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    rows.iter().map(|row| row.try_get(column)).collect()
}
