//! `demo`: tries the gateway in one command. Creates a database with a realistic studio, its staff and its keys with some weeks
//! of calls, and prints three of the keys with example calls.

mod bookings;
mod history;
mod keys;
mod member;
mod people;
mod seed;
mod staff;
mod website;

use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt, path::PathBuf};

use serde_json::json;
use tempfile::TempDir;

use self::{
    history::History,
    keys::{DemoKeys, KeyMaker},
    member::DemoMember,
    staff::Owner,
    website::Website,
};
use super::{Done, Failure, database, output, serve};
use crate::{
    config::{Serving, SharedOptions, Switch, is_beyond_loopback},
    operation::app::Urls,
    resources::studios::{self, Studio},
    store::{
        clock::Clock,
        db::Db,
        id::StudioId,
        open::{self, DatabaseLocation, lock_for_server},
        row::Row,
    },
};

/// What the demo prints.
struct Demo {
    keys: DemoKeys,
    owner: Owner,
    member: DemoMember,
}

/// Runs it.
pub async fn run(shared: &SharedOptions, settings: Serving, website: Option<SocketAddr>) -> Done {
    serve::refuse_unprotected(&settings)?;
    serve::refuse_few_files()?;
    // No proxy is told to stand before it, so that only plain HTTP allows it.
    if let Some(address) = website.filter(is_beyond_loopback)
        && settings.plain_http != Some(Switch::On)
    {
        return Err(Failure::usage(format!(
            "{address} (--website-addr) can be reached from other machines, and passwords would be typed on a page that came \
            unencrypted. Allow plain HTTP with --plain-http"
        )));
    }
    let website = Website::bind(website)?;
    let database = DemoDatabase::find(shared)?;
    let _held = lock_for_server(&database.location, true)?;
    let db = open::open(&database.location, false).await?;
    if !studios::list(db.read()).await?.is_empty() {
        return Err(Failure::refused("the demo needs an empty database, and this one has studios"));
    }
    let studio = seed::seed_studio(&db, &Clock::System).await?;
    let demo = Demo::make(&db, &studio, &website).await?;
    let command = database.command(studio.id.studio());
    let secret = serve::signing_secret(&settings, &database.location, &db).await?;
    let address = website.url()?;
    let ready = |urls: &Urls| {
        website.serve(urls, demo.keys.publishable.minted.reveal())?;
        demo.print(urls, &command, &address)
    };
    serve::serve(db, settings, secret, ready).await
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

impl Demo {
    /// Makes the staff, the keys, and what they were called for in the last weeks.
    async fn make(db: &Db, studio: &Row<Studio>, website: &Website) -> Result<Self, Failure> {
        let now = Clock::System.now();
        let id = studio.id.studio();
        let owner = Owner::make(db, id, now).await?;
        let mut history = History::new(studio.fields.time_zone.rules().map_err(Failure::refused)?, now);
        let keys = KeyMaker::new(db, id, owner.actor.clone(), now, website.origins()?)
            .make(&mut history, &owner.leaver)
            .await?;
        history.write(db).await?;
        Ok(Self { keys, owner, member: DemoMember::make(db, id).await? })
    }

    /// Prints the keys and example calls.
    fn print(&self, urls: &Urls, command: &str, website: &str) -> Done {
        let Urls { storefront, management, studio, .. } = urls;
        let Owner { email, password, .. } = &self.owner;
        let DemoMember { email: member, password: word } = &self.member;
        let DemoKeys { publishable, reader, writer } = &self.keys;
        let [publishable, reader, writer] = [publishable, reader, writer].map(|created| created.minted.reveal());
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

Its website, where a member signs in and books:

  {website}
  as {member} with the password {word}

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
