//! The schema migrations, one folder per engine with the same names. They are inside the binary, and run when a database is
//! opened.

use sqlx::{
    AssertSqlSafe, Connection, SqlStr, SqliteConnection,
    migrate::{AppliedMigration, Migrate, MigrateError, Migration, MigrationType, Migrator},
};

use super::{
    db::{Db, Engine},
    ownership::{self, APPLICATION_ID, Ownership},
};

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
    10 "0010_edits_and_zone_rules"
    11 "0011_imports"
    12 "0012_search"
    13 "0013_keys_by_fingerprint"
    14 "0014_audit"
    17 "0017_outbox_words"
    18 "0018_what_time_brings"
    20 "0020_operators_by_email_key"
    21 "0021_staff"
    22 "0022_removed_rows"
    24 "0024_imported_lines"
    25 "0025_recipients"
    26 "0026_sessions"
    28 "0028_use_by_outcome"
    29 "0029_activity"
    30 "0030_staff_people"
    31 "0031_keys_and_time"
    32 "0032_second_factors"
    34 "0034_member_accounts"
    35 "0035_signing_keys"
    36 "0036_ended_vendors"
    37 "0037_staff_language"
    39 "0039_mail_addresses"
    40 "0040_bookings"
    41 "0041_widget"
    43 "0043_answer_versions"
    44 "0044_booking_mails"
    45 "0045_calendar_feeds"
    46 "0046_member_language"
    47 "0047_cancelled_bookings"
    48 "0048_window_requests"
}

/// The last migration of this binary.
pub const CURRENT: i64 = VERSIONS[VERSIONS.len() - 1];

/// The statistics that SQLite's planner uses instead of `analyze`: a million rows per studio; a thousand of them refer to one
/// other row, a tenth share any other value. By default it expects ten rows per studio, and would scan them rather than use a
/// filter's index. So its plans do not depend on the data and are the same in every file.
const SQLITE_STATISTICS: &str = r"
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
    /// Its schema is newer.
    #[error(
        "the database has a newer schema (step {0}) than this flow-gateway knows: run a newer flow-gateway, or restore a backup"
    )]
    Newer(i64),
    /// A released migration differs from the one in this binary.
    #[error(
        "step {0} of the database's schema is not the one that this flow-gateway knows under that number: it was made by a \
changed build. Use the flow-gateway that made it, or restore a backup"
    )]
    Changed(i64),
    /// There is no schema, and the caller may not create one.
    #[error("it contains no Flow Gateway database. Check the name, or create one with `flow-gateway migrate`")]
    Empty,
    /// It has another program's tables.
    #[error("it contains the tables of another program and was not changed. Name another database, or an empty one")]
    Anothers,
    /// Its schema is older, and the caller may not migrate it.
    #[error("the database has an older schema: run `flow-gateway migrate` first")]
    Older,
    /// Another process has locked it.
    #[error("the database is busy: another process is writing to it. Try again when that is done")]
    Busy,
    /// A migration failed and was rolled back.
    #[error("the migration failed: {0}")]
    Failed(MigrateError),
}

impl From<MigrateError> for SchemaError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::VersionMissing(step) => Self::Newer(step),
            MigrateError::VersionMismatch(step) => Self::Changed(step),
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

/// Whether another process held the lock for too long. SQLite's extended codes have the primary code in their low byte.
pub(super) fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|code| {
        code == "55P03" || code.parse::<u32>().is_ok_and(|number| number < 10_000 && number & 0xff == 5)
    })
}

/// The migrations of a database, which must be known to this binary.
async fn taken(connection: &mut impl Migrate, ownership: Ownership) -> Result<Vec<AppliedMigration>, SchemaError> {
    match ownership {
        Ownership::Foreign => Err(SchemaError::Anothers),
        Ownership::Empty => Ok(Vec::new()),
        Ownership::Ours => Ok(connection.list_applied_migrations("_sqlx_migrations").await?),
    }
}

/// What may be done to a database's schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SchemaChanges {
    /// Create one in an empty database.
    pub create: bool,
    /// Migrate an older one.
    pub upgrade: bool,
}

/// Migrates a database to this binary's schema if allowed; returns whether it was empty. A current or another program's database
/// is not written to. Many processes may start at once: on SQLite all migrations are one transaction with the write lock, on
/// PostgreSQL each is a transaction under an advisory lock.
///
/// # Errors
/// When the schema is newer, changed, another program's, older or missing without the right to change that, or when a migration
/// fails.
pub async fn migrate(db: &Db, may: SchemaChanges) -> Result<bool, SchemaError> {
    let was = match db {
        Db::Sqlite { writer, .. } => {
            let migrator = Migrator::with_migrations(steps(Engine::Sqlite));
            let mut connection = writer.acquire().await?;
            let ownership = ownership::file(&mut connection).await?;
            let was = check(&taken(&mut *connection, ownership).await?, &migrator, may)?;
            if was == Schema::Current {
                return Ok(false);
            }
            let mut tx = connection.begin_with("begin immediate").await?;
            // Another process may have done it meanwhile.
            let ownership = ownership::file(&mut tx).await?;
            if check(&taken(&mut *tx, ownership).await?, &migrator, may)? == Schema::Current {
                return Ok(false);
            }
            migrator.run(&mut *tx).await?;
            sqlx::raw_sql(SQLITE_STATISTICS).execute(&mut *tx).await?;
            sqlx::raw_sql(AssertSqlSafe(format!("pragma application_id = {APPLICATION_ID}"))).execute(&mut *tx).await?;
            tx.commit().await?;
            was
        }
        Db::Postgres(connections) => {
            let migrator = Migrator::with_migrations(steps(Engine::Postgres));
            let mut connection = connections.pool().acquire().await?;
            // Without changes no lock is needed, and not every read-only role can take it.
            let locks = may.create || may.upgrade;
            if locks {
                connection.lock().await?;
            }
            let ownership = ownership::schema(&mut connection).await;
            let was = match ownership {
                Ok(ownership) => {
                    taken(&mut *connection, ownership).await.and_then(|taken| check(&taken, &migrator, may))
                }
                Err(error) => Err(error.into()),
            };
            if locks {
                connection.unlock().await?;
            }
            let was = was?;
            if was != Schema::Current {
                migrator.run(&mut *connection).await?;
            }
            was
        }
    };
    Ok(was == Schema::Absent)
}

/// Rejects a SQLite file whose schema this binary cannot use or migrate; returns whether it is current.
pub(super) async fn fits(connection: &mut SqliteConnection) -> Result<bool, SchemaError> {
    let ownership = ownership::file(connection).await?;
    let may = SchemaChanges { create: false, upgrade: true };
    check(&taken(connection, ownership).await?, &Migrator::with_migrations(steps(Engine::Sqlite)), may)
        .map(|schema| schema == Schema::Current)
}

/// The state of a database's schema.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Schema {
    /// It is current.
    Current,
    /// Migrations are missing.
    Behind,
    /// There is none.
    Absent,
}

fn check(taken: &[AppliedMigration], migrator: &Migrator, may: SchemaChanges) -> Result<Schema, SchemaError> {
    if let Some(newer) = taken.iter().find(|step| !migrator.version_exists(step.version)) {
        return Err(SchemaError::Newer(newer.version));
    }
    let is_ours = |step: &AppliedMigration| {
        migrator.iter().any(|known| known.version == step.version && known.checksum == step.checksum)
    };
    if let Some(changed) = taken.iter().find(|step| !is_ours(step)) {
        return Err(SchemaError::Changed(changed.version));
    }
    match taken.len() {
        0 if may.create => Ok(Schema::Absent),
        0 => Err(SchemaError::Empty),
        all if all == migrator.iter().count() => Ok(Schema::Current),
        _ if may.upgrade => Ok(Schema::Behind),
        _ => Err(SchemaError::Older),
    }
}
