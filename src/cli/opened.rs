//! The database that a command works on, and the studio or key that it names there.

use super::Failure;
use crate::{
    access::{stored::KeyId, unscoped},
    config::{DEFAULT_DATABASE, SharedOptions, Switch},
    resources::studios::{self, Studio},
    store::{
        db::Db,
        id::StudioId,
        migrate::SchemaError,
        open::{self, DatabaseLocation, OpenError, OpenMode, Opened},
        postgres_url::TlsSettings,
        row::Row,
    },
};

/// Where the command's database is.
///
/// # Errors
/// When its URL is not one.
pub fn place(shared: &SharedOptions) -> Result<DatabaseLocation, Failure> {
    let url = shared.database.as_ref().map_or(DEFAULT_DATABASE, |url| url.reveal());
    let tls = TlsSettings { plain: shared.plain_database == Some(Switch::On), authorities: shared.database_ca.clone() };
    DatabaseLocation::read(url, &tls).map_err(|error| match error {
        OpenError::Url(_) => Failure::usage(format!("{}: {error}", shared.given.name("database"))),
        other => other.into(),
    })
}

/// Reads the database that is there; no right to write is needed.
///
/// # Errors
/// When it is absent or cannot be opened, and when the work fails.
pub async fn read<T>(shared: &SharedOptions, work: impl AsyncFnOnce(&Db) -> Result<T, Failure>) -> Result<T, Failure> {
    with(shared, OpenMode::READ, work).await
}

/// Works on the database that is there, beside whatever else does.
///
/// # Errors
/// When it is absent or cannot be opened, and when the work fails.
pub async fn on<T>(shared: &SharedOptions, work: impl AsyncFnOnce(&Db) -> Result<T, Failure>) -> Result<T, Failure> {
    with(shared, OpenMode::WRITE, work).await
}

/// The same, and makes an absent or empty one first, which it says.
///
/// # Errors
/// When it cannot be opened, and when the work fails.
pub async fn made<T>(shared: &SharedOptions, work: impl AsyncFnOnce(&Db) -> Result<T, Failure>) -> Result<T, Failure> {
    with(shared, OpenMode::MIGRATE, work).await
}

/// Every command brings an older schema up to date, also one that only reads, where somebody has to. It is closed in order, so that a SQLite file holds everything by itself.
pub async fn with<T>(
    shared: &SharedOptions,
    mode: OpenMode,
    work: impl AsyncFnOnce(&Db) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let place = place(shared)?;
    let opened = match open::open_with(&place, mode).await {
        Err(OpenError::Schema(SchemaError::Older)) if !mode.write => {
            open::open_with(&place, OpenMode::WRITE).await?.db.close().await;
            open::open_with(&place, mode).await
        }
        opened => opened,
    };
    let Opened { db, is_new } = opened?;
    if is_new {
        eprintln!("made a new database at {}", place.shown());
    }
    let done = work(&db).await;
    db.close().await;
    done
}

/// The studio that a slug or an id names.
///
/// # Errors
/// When there is none.
pub async fn studio(db: &Db, named: &str) -> Result<Row<Studio>, Failure> {
    let found = match named.parse::<StudioId>() {
        Ok(id) => studios::find(db.read(), id).await?,
        Err(_) => studios::find_by_slug(db.read(), named).await?,
    };
    found
        .ok_or_else(|| Failure::refused(format!("there is no studio `{named}`; `flow-gateway studio list` lists them")))
}

/// The studio that a key belongs to.
///
/// # Errors
/// When there is no such key.
pub async fn studio_of(db: &Db, key: KeyId) -> Result<StudioId, Failure> {
    let found = unscoped::studio_of_key(db.read(), key).await?;
    found.ok_or_else(|| Failure::refused(format!("there is no key {key}")))
}
