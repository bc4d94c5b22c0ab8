//! Creates many rows quickly, as SQL copies of one row. For tests and benchmarks of page costs.

use flow_gateway::store::db::Db;
use sqlx::AssertSqlSafe;

/// SQL for some columns of the copies; `n` counts the copies from 1.
pub type With<'a> = &'a [(&'a str, String)];

/// Creates `count` copies of a row; their ids sort before all others, in the order of `n`.
///
/// # Panics
/// When the engine refuses.
pub async fn copy(db: &Db, table: &str, id: &str, count: u32, with: With<'_>) {
    let columns = columns(db, table).await;
    let prefix = id.split_once('_').expect("an id").0;
    let value = |column: &String| match (column.as_str(), with.iter().find(|(name, _)| name == column)) {
        (_, Some((_, sql))) => sql.clone(),
        ("id", None) => padded(db, &format!("{prefix}_01"), "n"),
        ("external_id" | "slug" | "planned_start", None) => padded(db, "", "n"),
        _ => format!("t.{column}"),
    };
    let values = columns.iter().map(value).collect::<Vec<_>>().join(", ");
    let into = format!("insert into {table} ({})", columns.join(", "));
    let text = match db {
        Db::Sqlite { .. } => format!(
            "{into} with recursive s (n) as (select 1 union all select n + 1 from s where n < {count}) \
             select {values} from s, (select * from {table} where id = '{id}') as t"
        ),
        Db::Postgres(_) => {
            format!(
                "{into} select {values} from generate_series(1, {count}) as s (n), {table} as t where t.id = '{id}'"
            )
        }
    };
    execute(db, text).await;
}

/// SQL for the time `seconds` after another, which is given in seconds since 1970.
pub fn moment(db: &Db, since: i64, seconds: &str) -> String {
    match db {
        Db::Sqlite { .. } => format!("strftime('%Y-%m-%dT%H:%M:%S.000000Z', {since} + {seconds}, 'unixepoch')"),
        Db::Postgres(_) => format!("to_timestamp({since} + {seconds})"),
    }
}

/// Runs PostgreSQL's `analyze`, as autovacuum would. SQLite's plans do not need it.
///
/// # Panics
/// When it refuses.
pub async fn analyze(db: &Db) {
    if let Db::Postgres(connections) = db {
        sqlx::query("vacuum analyze").execute(connections.pool()).await.expect("analysed");
    }
}

/// SQL for `before` and a number, so long that all sort by it.
pub fn padded(db: &Db, before: &str, number: &str) -> String {
    match db {
        Db::Sqlite { .. } => format!("printf('{before}%024d', {number})"),
        Db::Postgres(_) => format!("'{before}' || lpad(({number})::text, 24, '0')"),
    }
}

async fn columns(db: &Db, table: &str) -> Vec<String> {
    match db {
        Db::Sqlite { snapshots, .. } => {
            sqlx::query_scalar("select name from pragma_table_info($1)").bind(table).fetch_all(snapshots).await
        }
        Db::Postgres(connections) => {
            let text = "select column_name::text from information_schema.columns where table_name = $1 and table_schema = 'public'";
            sqlx::query_scalar(text).bind(table).fetch_all(connections.pool()).await
        }
    }
    .expect("columns")
}

/// The copies have the original's references, so PostgreSQL need not check them.
async fn execute(db: &Db, text: String) {
    match db {
        Db::Sqlite { writer, .. } => {
            sqlx::query(AssertSqlSafe(text)).execute(writer).await.expect("copied");
        }
        Db::Postgres(connections) => {
            let unchecked = "set local session_replication_role = replica; set local statement_timeout = 0";
            let mut tx = connections.pool().begin().await.expect("a transaction");
            sqlx::raw_sql(unchecked).execute(&mut *tx).await.expect("unchecked");
            sqlx::query(AssertSqlSafe(text)).execute(&mut *tx).await.expect("copied");
            tx.commit().await.expect("committed");
        }
    }
}
