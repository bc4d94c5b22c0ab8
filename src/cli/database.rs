//! Opens the database of a command, and finds the studio or key that its arguments name.

use super::Failure;
use crate::{
    access::{stored::KeyId, unscoped},
    config::{DEFAULT_DATABASE, SharedOptions, Switch},
    resources::studios::{self, Studio},
    store::{
        db::Db,
        id::StudioId,
        migrate::SchemaError,
        open::{self, DatabaseLocation, OpenError, OpenMode, OpenedDatabase},
        postgres_url::TlsSettings,
        row::Row,
    },
};

/// The location of the command's database.
///
/// # Errors
/// When the URL is invalid.
pub fn location(shared: &SharedOptions) -> Result<DatabaseLocation, Failure> {
    let url = shared.database.as_ref().map_or(DEFAULT_DATABASE, |url| url.reveal());
    location_of(url, shared, &shared.given.name("database"))
}

/// The location that a URL names; `name` is what the URL was given as.
///
/// # Errors
/// When the URL is invalid.
pub fn location_of(url: &str, shared: &SharedOptions, name: &str) -> Result<DatabaseLocation, Failure> {
    let tls = TlsSettings { plain: shared.plain_database == Some(Switch::On), authorities: shared.database_ca.clone() };
    DatabaseLocation::read(url, &tls).map_err(|error| match error {
        OpenError::Url(_) => Failure::usage(format!("{name}: {error}")),
        other => other.into(),
    })
}

/// Runs `work` on an existing database; needs no right to write.
///
/// # Errors
/// When it is absent or cannot be opened, and when the work fails.
pub async fn read<T>(shared: &SharedOptions, work: impl AsyncFnOnce(&Db) -> Result<T, Failure>) -> Result<T, Failure> {
    with(shared, OpenMode::READ, work).await
}

/// Runs `work` on an existing database, while others may use it.
///
/// # Errors
/// When it is absent or cannot be opened, and when the work fails.
pub async fn on<T>(shared: &SharedOptions, work: impl AsyncFnOnce(&Db) -> Result<T, Failure>) -> Result<T, Failure> {
    with(shared, OpenMode::WRITE, work).await
}

/// The same, but creates a missing or empty database first, and prints that.
///
/// # Errors
/// When it cannot be opened, and when the work fails.
pub async fn create<T>(
    shared: &SharedOptions,
    work: impl AsyncFnOnce(&Db) -> Result<T, Failure>,
) -> Result<T, Failure> {
    with(shared, OpenMode::MIGRATE, work).await
}

/// Every command migrates an older schema first, also one that only reads. The database is closed at the end, so that a SQLite
/// file is complete without its log.
pub async fn with<T>(
    shared: &SharedOptions,
    mode: OpenMode,
    work: impl AsyncFnOnce(&Db) -> Result<T, Failure>,
) -> Result<T, Failure> {
    with_location(&location(shared)?, mode, work).await
}

/// The same on the database at a location.
///
/// # Errors
/// When it cannot be opened, and when the work fails.
pub async fn with_location<T>(
    location: &DatabaseLocation,
    mode: OpenMode,
    work: impl AsyncFnOnce(&Db) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let opened = match open::open_with(location, mode).await {
        Err(OpenError::Schema(SchemaError::Older)) if !mode.write => {
            open::open_with(location, OpenMode::WRITE).await?.db.close().await;
            open::open_with(location, mode).await
        }
        opened => opened,
    };
    let OpenedDatabase { db, is_new } = opened?;
    if is_new {
        eprintln!("created a new database at {}", location.shown());
    }
    let done = match db.wait_like_a_command().await {
        Ok(()) => work(&db).await,
        Err(error) => Err(error.into()),
    };
    db.close().await;
    done
}

/// Finds a studio by slug or id.
///
/// # Errors
/// When there is none.
pub async fn studio(db: &Db, named: &str) -> Result<Row<Studio>, Failure> {
    let found = match named.parse::<StudioId>() {
        Ok(id) => studios::find(db.of(id)).await?,
        Err(_) => studios::find_by_slug(db.read(), named).await?,
    };
    found
        .ok_or_else(|| Failure::refused(format!("there is no studio `{named}`; `flow-gateway studio list` lists them")))
}

/// The studio of a key.
///
/// # Errors
/// When there is no such key.
pub async fn studio_of(db: &Db, key: KeyId) -> Result<StudioId, Failure> {
    let found = unscoped::studio_of_key(db.read(), key).await?;
    found.ok_or_else(|| Failure::refused(format!("there is no key {key}")))
}
