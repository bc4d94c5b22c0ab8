//! Whether a database is empty, a gateway's, or another program's. Checked before anything is written to it.

use sqlx::{PgConnection, SqliteConnection};

/// The id in the header of our SQLite files: `FLOW`.
pub(super) const APPLICATION_ID: i64 = 0x464c_4f57;

/// How many migrations a database has, and whether the first is ours: other programs use a table of the same name.
const STEPS: &str = "select count(*), coalesce(sum(case when version = 1 and description = '0001_studios_and_keys' then 1 else 0 end), 0) \
    from _sqlx_migrations";

/// Who a database belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    /// It is empty.
    Empty,
    /// It is a gateway's.
    Ours,
    /// It has another program's tables.
    Foreign,
}

/// The owner of a SQLite file.
pub(super) async fn file(connection: &mut SqliteConnection) -> Result<Ownership, sqlx::Error> {
    let id: i64 = sqlx::query_scalar("pragma application_id").fetch_one(&mut *connection).await?;
    if id == APPLICATION_ID {
        return Ok(Ownership::Ours);
    }
    let tables = "select coalesce(sum(name = '_sqlx_migrations'), 0), count(*) from sqlite_schema where name not like 'sqlite\\_%' escape '\\'";
    let (steps, all): (i64, i64) = sqlx::query_as(tables).fetch_one(&mut *connection).await?;
    if id != 0 {
        return Ok(Ownership::Foreign);
    }
    // Older files have no application id.
    let taken = if steps > 0 { sqlx::query_as(STEPS).fetch_one(&mut *connection).await? } else { (0, 0) };
    Ok(judge(all > steps, taken))
}

/// The owner of a PostgreSQL database, by the schema of our tables. Tables of extensions do not count.
pub(super) async fn schema(connection: &mut PgConnection) -> Result<Ownership, sqlx::Error> {
    let tables = "select count(*) filter (where c.relname = '_sqlx_migrations'), count(*) from pg_class c \
        join pg_namespace n on n.oid = c.relnamespace where n.nspname = current_schema() and c.relkind in ('r', 'p') \
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')";
    let (steps, all): (i64, i64) = sqlx::query_as(tables).fetch_one(&mut *connection).await?;
    let taken = if steps > 0 { sqlx::query_as(STEPS).fetch_one(&mut *connection).await? } else { (0, 0) };
    Ok(judge(all > steps, taken))
}

/// Decides by whether there are other tables, and by the migrations: all, and ours.
fn judge(has_tables: bool, (taken, ours): (i64, i64)) -> Ownership {
    match (has_tables, taken, ours) {
        (_, _, 1..) => Ownership::Ours,
        (false, 0, _) => Ownership::Empty,
        _ => Ownership::Foreign,
    }
}
