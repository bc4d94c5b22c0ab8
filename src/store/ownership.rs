//! Whose database it is that was found at a place: nobody's yet, ours, or somebody else's, which is left untouched.
//!
//! Asked before anything is written to a database, by whoever opens one.

use sqlx::{PgConnection, SqliteConnection};

/// Stands in the header of every SQLite file of ours: `FLOW`.
pub(super) const APPLICATION_ID: i64 = 0x464c_4f57;

/// How many steps a database has taken, and whether the first is ours: other programs keep theirs in a table of the same
/// name.
const STEPS: &str = "select count(*), coalesce(sum(case when version = 1 and description = '0001_studios_and_keys' then 1 else 0 end), 0) \
    from _sqlx_migrations";

/// Whose a database is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    /// It is empty.
    Empty,
    /// It is a gateway's.
    Ours,
    /// It holds tables that are not a gateway's.
    Foreign,
}

/// Whose a SQLite file is.
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
    // Files that were made before we wrote the id have none.
    let taken = if steps > 0 { sqlx::query_as(STEPS).fetch_one(&mut *connection).await? } else { (0, 0) };
    Ok(judge(all > steps, taken))
}

/// Whose a PostgreSQL database is, as far as its schema goes that our tables stand in. Tables of extensions count as
/// nobody's.
pub(super) async fn schema(connection: &mut PgConnection) -> Result<Ownership, sqlx::Error> {
    let tables = "select count(*) filter (where c.relname = '_sqlx_migrations'), count(*) from pg_class c \
        join pg_namespace n on n.oid = c.relnamespace where n.nspname = current_schema() and c.relkind in ('r', 'p') \
        and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')";
    let (steps, all): (i64, i64) = sqlx::query_as(tables).fetch_one(&mut *connection).await?;
    let taken = if steps > 0 { sqlx::query_as(STEPS).fetch_one(&mut *connection).await? } else { (0, 0) };
    Ok(judge(all > steps, taken))
}

/// By whether there are other tables than that of the steps, and by how many steps were taken, how many of them ours.
fn judge(has_tables: bool, (taken, ours): (i64, i64)) -> Ownership {
    match (has_tables, taken, ours) {
        (_, _, 1..) => Ownership::Ours,
        (false, 0, _) => Ownership::Empty,
        _ => Ownership::Foreign,
    }
}
