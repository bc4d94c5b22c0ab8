//! Records query plans, for tests and benchmarks that check what a page costs. Nothing of it runs otherwise.

use std::cell::RefCell;

use sqlx::{AssertSqlSafe, ColumnIndex, Decode, Row, Type};

use super::{
    db::{Engine, On, Statement, arguments},
    error::StoreError,
};

tokio::task_local! {
    static NOTED: RefCell<Vec<String>>;
}

/// Runs some work; returns its result and the plan of each read statement, in order.
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
fn lines<'r, R: Row>(rows: &'r [R], column: &'static str) -> Result<Vec<String>, sqlx::Error>
where
    &'static str: ColumnIndex<R>,
    String: Decode<'r, R::Database> + Type<R::Database>,
{
    rows.iter().map(|row| row.try_get(column)).collect()
}

/// The lines of a plan of SQLite's.
fn plan_of_sqlite(mut rows: rusqlite::Rows<'_>) -> Result<Vec<String>, StoreError> {
    let mut lines = Vec::new();
    while let Some(row) = rows.next()? {
        lines.push(row.get("detail")?);
    }
    Ok(lines)
}

impl Statement<'_> {
    /// The engine's plan for the statement; PostgreSQL runs it for that.
    pub(super) async fn plan(&mut self) -> Result<String, StoreError> {
        let (sqlite, postgres) = (self.sqlite.clone(), self.postgres.clone());
        let verb = match self.on.engine() {
            Engine::Sqlite => "explain query plan",
            Engine::Postgres => "explain (analyze, buffers, timing off, summary off)",
        };
        let text = format!("{verb} {}", self.text);
        let of = |lines: Result<Vec<String>, sqlx::Error>| Ok(lines?.join("\n"));
        of(match &mut self.on {
            On::Readers(readers) => {
                return readers.run(text, sqlite, plan_of_sqlite).await.map(|lines| lines.join("\n"));
            }
            On::Sqlite(tx) => {
                lines(&sqlx::query_with(AssertSqlSafe(text), arguments(sqlite)?).fetch_all(&mut **tx).await?, "detail")
            }
            On::Postgres(connections) => {
                let found = sqlx::query_with(AssertSqlSafe(text), postgres).fetch_all(connections.pool()).await?;
                lines(&found, "QUERY PLAN")
            }
            On::Pg(tx) => {
                lines(&sqlx::query_with(AssertSqlSafe(text), postgres).fetch_all(&mut **tx).await?, "QUERY PLAN")
            }
        })
    }
}
