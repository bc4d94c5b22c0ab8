//! `demo`: tries the gateway in one command. Creates a database with a realistic studio and three keys, and prints example
//! calls.

mod people;
mod seed;

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::json;
use tempfile::TempDir;

use super::{Done, Failure, database, output, serve};
use crate::{
    access::{
        key::KeyKind,
        keys::{self, Created, NewKey},
        scope::{Scope, ScopeSet},
    },
    config::{Serving, SharedOptions},
    operation::app::Urls,
    resources::studios,
    signin::{
        password::Password,
        staff::{self, Role},
    },
    store::{
        clock::{Clock, random},
        db::Db,
        id::StudioId,
        open::{self, DatabaseLocation, lock_for_server},
    },
    surfaces::management,
};

/// The demo's keys.
struct DemoKeys {
    publishable: Created,
    reader: Created,
    writer: Created,
    owner: Owner,
}

/// Who signs in to the dashboard.
struct Owner {
    email: &'static str,
    password: String,
}

/// Runs it.
pub async fn run(shared: &SharedOptions, settings: Serving) -> Done {
    serve::refuse_unprotected(&settings)?;
    serve::refuse_few_files()?;
    let database = DemoDatabase::find(shared)?;
    let _held = lock_for_server(&database.location, true)?;
    let db = open::open(&database.location, false).await?;
    if !studios::list(db.read()).await?.is_empty() {
        return Err(Failure::refused("the demo needs an empty database, and this one has studios"));
    }
    let studio = seed::seed_studio(&db, &Clock::System).await?;
    let keys = DemoKeys::make(&db, studio).await?;
    let command = database.command(studio);
    serve::serve(db, settings, |urls| keys.print(urls, &command)).await
}

/// The demo's database; a temporary directory is removed when the demo ends.
struct DemoDatabase {
    location: DatabaseLocation,
    _directory: Option<TempDir>,
}

impl DemoDatabase {
    fn find(shared: &SharedOptions) -> Result<Self, Failure> {
        if shared.database.is_some() {
            return Ok(Self { location: database::location(shared)?, _directory: None });
        }
        let directory = tempfile::Builder::new().prefix("flow-gateway-demo-").tempdir()?;
        // Whatever the umask.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700))?;
        let file: PathBuf = directory.path().join("flow.db");
        Ok(Self { location: DatabaseLocation::File(file), _directory: Some(directory) })
    }

    /// A command to run meanwhile. A PostgreSQL URL is not printed: it may contain a password.
    fn command(&self, studio: StudioId) -> String {
        let database = match &self.location {
            DatabaseLocation::File(file) => format!("sqlite://{}", file.display()),
            DatabaseLocation::Server(_) => "…".to_owned(),
        };
        format!("flow-gateway keys list --studio {studio} --database '{database}'")
    }
}

impl Owner {
    async fn make(db: &Db, studio: StudioId) -> Result<Self, Failure> {
        // Random, so that nobody who reaches the port can guess it.
        let (email, password) = ("marta@casaprana.example", BASE64_URL_SAFE_NO_PAD.encode(random::<12>()));
        let hash = Password::typed(password.clone()).hash().await?;
        let address = email.parse().map_err(Failure::refused)?;
        let mut tx = db.begin().await?;
        staff::create(tx.on().of(studio), address, Role::Owner, hash, Clock::System.now()).await?;
        tx.commit().await?;
        Ok(Self { email, password })
    }
}

impl DemoKeys {
    async fn make(db: &Db, studio: StudioId) -> Result<Self, Failure> {
        // Only scopes that an operation uses.
        let served: Vec<Scope> = management::endpoints().iter().filter_map(|row| row.rule.needs).collect();
        let ending = |end: &str| served.iter().copied().filter(|scope| scope.name().ends_with(end)).collect();
        let key = async |name: &str, kind, scopes| {
            let (name, used_by) = (name.to_owned(), Some("demo".to_owned()));
            let new = NewKey { name, used_by, scopes, ..NewKey::of_kind(kind) };
            keys::create(db, studio, new, "demo", Clock::System.now()).await
        };
        Ok(Self {
            publishable: key("Website", KeyKind::Publishable, ScopeSet::default()).await?,
            reader: key("Reports", KeyKind::Secret, ending(":read")).await?,
            writer: key("Back office", KeyKind::Secret, ending(":write")).await?,
            owner: Owner::make(db, studio).await?,
        })
    }

    /// Prints the keys and example calls.
    fn print(&self, urls: &Urls, command: &str) -> Done {
        let Urls { storefront, management, studio, .. } = urls;
        let Owner { email, password } = &self.owner;
        let [publishable, reader, writer] =
            [&self.publishable, &self.reader, &self.writer].map(|created| created.minted.reveal());
        let sent = json!({"display_name": "Rita Sousa", "specialties": ["Breath"]});
        output::line(&format!(
            "
Casa Prana is open. Its keys, which work until this demo ends:

  publishable, for its website      {publishable}
  secret, reads everything          {reader}
  secret, writes what it manages    {writer}

The dashboard, where its owner signs in:

  {studio}/studio/sign-in
  e-mail    {email}
  password  {password}

Calls to try:

  curl -s -H 'Authorization: Bearer {publishable}' '{storefront}/v1/site'
  curl -s -H 'Authorization: Bearer {publishable}' '{storefront}/v1/schedule?limit=3'
  curl -s -H 'Authorization: Bearer {reader}' '{management}/v1/locations'
  curl -s -H 'Authorization: Bearer {writer}' -H 'Content-Type: application/json' -d '{sent}' '{management}/v1/instructors'
  curl -s -H 'Authorization: Bearer {reader}' -H 'Origin: https://casaprana.example' '{management}/v1/instructors'

The last one is refused: a secret key must not be used in a browser. All operations: {management}/docs
You can run commands meanwhile: {command}
Ctrl-C ends the demo."
        ))
    }
}
