//! Copies a whole database into an empty one, of the same engine or the other: studios, staff, keys, history, with their ids.
//! Used by `flow-gateway copy`.
//!
//! Promises all or nothing: one transaction reads a state of the source, one transaction writes it, and that commits only after
//! every table was read back and compared by its number of rows and a hash of them. Which tables and columns there are is read
//! from the databases themselves, so that a new table needs no change here.

mod table;

use std::collections::BTreeMap;

use futures_util::TryStreamExt;

use self::table::{Digest, in_both};
use super::{
    db::{Db, Engine, Tx},
    error::StoreError,
};

/// Rows that are written by one statement.
const BATCH: usize = 500;

/// Why a database was not copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The target has studios.
    #[error("{0} is not empty: it has studios. Choose an empty database, or a new one")]
    NotEmpty(String),
    /// What was written differs from what was read.
    #[error("the table `{0}` was not copied exactly, so nothing was written: report this as a fault")]
    Different(String),
    /// A database failed.
    #[error("the database was not copied: {0}")]
    Failed(#[from] StoreError),
}

impl From<sqlx::Error> for CopyError {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}

/// Copies everything. `shown` names the target in errors; `progress` is told how many rows there are, and how many have been
/// read so far. Returns the number of rows of each table.
///
/// # Errors
/// When the target has studios, when a database fails, or when a table reads differently from the target. Then the target is as
/// it was.
pub async fn copy(
    from: &Db,
    to: &Db,
    shown: &str,
    progress: impl Fn(u64, u64),
) -> Result<BTreeMap<String, u64>, CopyError> {
    let (from, to) = (from.by_one_connection().await?, to.by_one_connection().await?);
    let (mut source, mut target) = (from.snapshot().await?, to.begin().await?);
    check_references_later(&mut target).await?;
    let studios = target.on().query("select count(*) from studios").scalar::<i64>().await?;
    if studios != Some(0) {
        return Err(CopyError::NotEmpty(shown.to_owned()));
    }
    let tables = in_both(&mut source, &mut target).await?;
    let mut all = 0;
    for table in &tables {
        all += table.count(&mut source).await?;
    }
    let (mut read, mut copied) = (0, BTreeMap::new());
    for table in &tables {
        table.clear(&mut target).await?;
        let digest = {
            let mut rows = table.rows(&mut source).try_chunks(BATCH);
            let mut digest = Digest::default();
            while let Some(batch) = rows.try_next().await.map_err(|error| error.1)? {
                read += batch.len() as u64;
                digest.add(&batch);
                table.insert(&mut target, batch).await?;
                progress(read, all);
            }
            digest
        };
        if table.digest(&mut target).await? != digest {
            return Err(CopyError::Different(table.name.clone()));
        }
        copied.insert(table.name.clone(), digest.rows);
    }
    raise_last_moment(&mut source, &mut target).await?;
    check_references_now(&mut target).await?;
    target.commit().await?;
    Ok(copied)
}

/// References between rows are checked at the end of the transaction: a row may refer to one that is copied later.
async fn check_references_later(target: &mut Tx) -> Result<(), StoreError> {
    match target {
        Tx::Sqlite(..) => target.on().query("pragma defer_foreign_keys = on").execute().await.map(drop),
        Tx::Postgres(_) => alter_references(target, "deferrable initially deferred").await,
    }
}

/// They are checked now, and at once from now on, as the migrations made them. SQLite does that by itself at the commit.
async fn check_references_now(target: &mut Tx) -> Result<(), StoreError> {
    if target.engine() == Engine::Sqlite {
        return Ok(());
    }
    target.on().query("set constraints all immediate").execute().await?;
    alter_references(target, "not deferrable").await
}

/// Changes when PostgreSQL checks references between rows. Nobody else sees it: the same transaction changes it back.
async fn alter_references(target: &mut Tx, when: &str) -> Result<(), StoreError> {
    let text = format!(
        "do $$ declare reference record; begin \
         for reference in select conrelid::regclass as owner, conname from pg_constraint \
         where contype = 'f' and connamespace = current_schema()::regnamespace loop \
         execute format('alter table %s alter constraint %I {when}', reference.owner, reference.conname); \
         end loop; end $$"
    );
    target.on().query(text).execute().await.map(drop)
}

/// Sets the target's last given instant to the source's, so that who follows `updated_since` goes on where they were.
async fn raise_last_moment(source: &mut Tx, target: &mut Tx) -> Result<(), StoreError> {
    let text = match source {
        Tx::Sqlite(..) => "select micros from last_moment where id = 1",
        Tx::Postgres(_) => "select last_value from last_moment",
    };
    let last = source.on().query(text).scalar::<i64>().await?.unwrap_or_default();
    let text = match target {
        Tx::Sqlite(..) => "update last_moment set micros = max(micros, $1) where id = 1",
        Tx::Postgres(_) => "select setval('last_moment', greatest($1, last_value)) from last_moment",
    };
    target.on().query(text).bind(last).execute().await.map(drop)
}
