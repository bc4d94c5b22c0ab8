//! The schema's steps, one folder per engine, the same steps under the same names. They are inside the binary, so that
//! a server brings its own schema along. Called when a database is opened.

use sqlx::{
    Connection, SqlStr,
    migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator},
};

use super::db::{Db, Engine};

macro_rules! steps {
    ($($version:literal $name:literal)*) => {
        const VERSIONS: &[i64] = &[$($version),*];

        fn steps(engine: Engine) -> Vec<Migration> {
            vec![$(Migration::new(
                $version,
                $name.into(),
                MigrationType::Simple,
                SqlStr::from_static(match engine {
                    Engine::Sqlite => include_str!(concat!("../../migrations/sqlite/", $name, ".sql")),
                    Engine::Postgres => include_str!(concat!("../../migrations/postgres/", $name, ".sql")),
                }),
                false,
            )),*]
        }
    };
}

steps! {
    1 "0001_studios_and_keys"
    2 "0002_instructors_and_locations"
    3 "0003_timetable"
    4 "0004_plans"
    5 "0005_coupons"
    6 "0006_content"
    7 "0007_members"
    8 "0008_outbox"
    9 "0009_order_of_changes"
    12 "0012_search"
    13 "0013_keys_by_fingerprint"
}

/// The step that a database of this binary's schema has taken last.
pub const CURRENT: i64 = VERSIONS[VERSIONS.len() - 1];

/// What SQLite's planner is told to expect, in place of what `analyze` would count: a million rows of a studio; of those,
/// a thousand that refer to one other row, and a tenth that share any other value. Unasked, it expects ten rows of a
/// studio, and would rather look at each of them than take the index of a filter. So its plans do not depend on what is
/// in a file, and are the same in all of them.
const EXPECTED_OF_SQLITE: &str = r"
    analyze studios;
    delete from sqlite_stat1;
    insert into sqlite_stat1 (tbl, idx, stat)
    select t.name, iif(i.origin = 'pk', t.name, i.name), '1000000 1000000' || (
        select group_concat(iif(c.seqno = last.seqno, ' 1', ' 1' || substr('000000', 1, 6 - (
            select sum(iif(b.name like '%\_id' escape '\', 3, 1))
            from pragma_index_info(i.name) as b where b.seqno between 1 and c.seqno))), '')
        from pragma_index_info(i.name) as c where c.seqno > 0)
    from sqlite_schema as t, pragma_index_list(t.name) as i, pragma_index_info(i.name) as last
    where t.type = 'table' and last.seqno > 0 and last.seqno = (select max(seqno) from pragma_index_info(i.name));
    analyze sqlite_schema;
";

/// Why a database cannot be used with this binary.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// Made by a newer binary.
    #[error(
        "the database has a newer schema (step {0}) than this flow-gateway knows: run a newer flow-gateway, or restore a backup"
    )]
    Newer(i64),
    /// Made by an older binary, and the caller did not ask for a migration.
    #[error("the database has an older schema: run `flow-gateway migrate` first")]
    Older,
    /// Another process holds it.
    #[error("the database is busy: another process is writing to it. Try again when that is done")]
    Busy,
    /// A step failed; nothing of it remains.
    #[error("the schema could not be brought up to date: {0}")]
    Failed(MigrateError),
}

impl From<MigrateError> for SchemaError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(step) => Self::Newer(step),
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _) if is_busy(&error) => Self::Busy,
            other => Self::Failed(other),
        }
    }
}

impl From<sqlx::Error> for SchemaError {
    fn from(error: sqlx::Error) -> Self {
        MigrateError::Execute(error).into()
    }
}

/// Whether somebody else held the database, or what was asked for, longer than we wait. SQLite's extended codes carry the
/// primary one in their low byte.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| {
        code == "55P03" || code.parse::<u32>().is_ok_and(|number| number < 10_000 && number & 0xff == 5)
    })
}

/// The steps that a database has taken.
async fn taken(connection: &mut impl Migrate) -> Result<Vec<i64>, SchemaError> {
    connection.ensure_migrations_table("_sqlx_migrations").await?;
    Ok(connection.list_applied_migrations("_sqlx_migrations").await?.into_iter().map(|step| step.version).collect())
}

/// Brings a database to this binary's schema; an empty one always, an older one only when `may_upgrade`. One that is
/// current is not written to. Many may start at once: on SQLite all steps are one transaction that holds the write lock,
/// on PostgreSQL each step is one of its own, under an advisory lock.
///
/// # Errors
/// A schema that is newer, or older and not to be upgraded, or a step that fails.
pub async fn migrate(db: &Db, may_upgrade: bool) -> Result<(), SchemaError> {
    match db {
        Db::Sqlite { writer, .. } => {
            let migrator = Migrator::with_migrations(steps(Engine::Sqlite));
            let mut connection = writer.acquire().await?;
            if check(&taken(&mut *connection).await?, &migrator, may_upgrade)? == Schema::Current {
                return Ok(());
            }
            let mut tx = connection.begin_with("begin immediate").await?;
            // Whoever was first may have done it meanwhile.
            check(&taken(&mut *tx).await?, &migrator, may_upgrade)?;
            migrator.run(&mut *tx).await?;
            sqlx::raw_sql(EXPECTED_OF_SQLITE).execute(&mut *tx).await?;
            tx.commit().await?;
        }
        Db::Postgres(pool) => {
            let migrator = Migrator::with_migrations(steps(Engine::Postgres));
            let mut connection = pool.acquire().await?;
            connection.lock().await?;
            let judged = check(&taken(&mut *connection).await?, &migrator, may_upgrade);
            connection.unlock().await?;
            if judged? == Schema::Behind {
                migrator.run(&mut *connection).await?;
            }
        }
    }
    Ok(())
}

/// Where a database's schema stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Schema {
    /// It is this binary's.
    Current,
    /// Steps are missing.
    Behind,
}

fn check(taken: &[i64], migrator: &Migrator, may_upgrade: bool) -> Result<Schema, SchemaError> {
    if let Some(newer) = taken.iter().find(|step| !migrator.version_exists(**step)) {
        return Err(SchemaError::Newer(*newer));
    }
    if taken.len() == migrator.iter().count() {
        return Ok(Schema::Current);
    }
    if !taken.is_empty() && !may_upgrade {
        return Err(SchemaError::Older);
    }
    Ok(Schema::Behind)
}
