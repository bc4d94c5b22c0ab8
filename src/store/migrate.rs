//! The schema's steps, one folder per engine, the same steps under the same names. They are inside the binary, so that
//! a server brings its own schema along. Called when a database is opened.

use sqlx::{
    SqlStr,
    migrate::{Migrate, MigrateError, Migration, MigrationType, Migrator},
};

use super::db::{Db, Engine};

macro_rules! steps {
    ($($version:literal $name:literal)*) => {
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
    8 "0008_members"
    9 "0009_outbox"
}

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
    /// A step failed; nothing of it remains.
    #[error("the schema could not be brought up to date: {0}")]
    Failed(MigrateError),
}

impl From<MigrateError> for SchemaError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(step) => Self::Newer(step),
            other => Self::Failed(other),
        }
    }
}

impl From<sqlx::Error> for SchemaError {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(MigrateError::Execute(error))
    }
}

/// The steps that a database has taken.
async fn taken(connection: &mut impl Migrate) -> Result<Vec<i64>, SchemaError> {
    connection.ensure_migrations_table("_sqlx_migrations").await?;
    Ok(connection.list_applied_migrations("_sqlx_migrations").await?.into_iter().map(|step| step.version).collect())
}

/// Brings a database to this binary's schema; an empty one always, an older one only when `may_upgrade`. All steps
/// happen or none: on SQLite in one transaction that holds the write lock, on PostgreSQL each in its own under an
/// advisory lock, so that many may start at once.
///
/// # Errors
/// A schema that is newer, or older and not to be upgraded, or a step that fails.
pub async fn migrate(db: &Db, may_upgrade: bool) -> Result<(), SchemaError> {
    match db {
        Db::Sqlite { writer, .. } => {
            let migrator = Migrator::with_migrations(steps(Engine::Sqlite));
            let mut tx = writer.begin_with("begin immediate").await?;
            check(&taken(&mut *tx).await?, &migrator, may_upgrade)?;
            migrator.run(&mut *tx).await?;
            tx.commit().await?;
        }
        Db::Postgres(pool) => {
            let migrator = Migrator::with_migrations(steps(Engine::Postgres));
            let mut connection = pool.acquire().await?;
            connection.lock().await?;
            let judged = check(&taken(&mut *connection).await?, &migrator, may_upgrade);
            connection.unlock().await?;
            judged?;
            migrator.run(&mut *connection).await?;
        }
    }
    Ok(())
}

fn check(taken: &[i64], migrator: &Migrator, may_upgrade: bool) -> Result<(), SchemaError> {
    if let Some(newer) = taken.iter().find(|step| !migrator.version_exists(**step)) {
        return Err(SchemaError::Newer(*newer));
    }
    if !taken.is_empty() && taken.len() < migrator.iter().count() && !may_upgrade {
        return Err(SchemaError::Older);
    }
    Ok(())
}
