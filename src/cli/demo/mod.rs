//! `demo`: a gateway to try, in one command. A fresh database with a studio that could be real, three keys, and calls
//! that can be pasted as they are.

mod people;
mod seed;

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use serde_json::json;
use tempfile::TempDir;

use super::{Done, Failure, opened, output, serve};
use crate::{
    access::{
        key::KeyKind,
        keys::{self, Created, DEFAULT_RATE, NewKey},
        scope::{Scope, ScopeSet},
    },
    config::{Serving, SharedOptions},
    operation::app::Urls,
    resources::studios,
    store::{
        clock::Clock,
        db::Db,
        id::StudioId,
        open::{self, DatabaseLocation, hold},
    },
    surfaces::management,
};

/// What was made for the visitor.
struct Gifts {
    publishable: Created,
    reader: Created,
    writer: Created,
}

/// Runs it.
pub async fn run(shared: &SharedOptions, settings: Serving) -> Done {
    serve::refuse_exposed(&settings)?;
    serve::refuse_few_files()?;
    let home = Home::find(shared)?;
    let _held = hold(&home.place, true)?;
    let db = open::open(&home.place, false).await?;
    if !studios::list(db.read()).await?.is_empty() {
        return Err(Failure::refused("the demo takes an empty database, and this one has studios in it"));
    }
    let studio = seed::sow(&db, &Clock::System).await?;
    let gifts = Gifts::make(&db, studio).await?;
    let beside = home.beside(studio);
    serve::serve(db, settings, |urls| gifts.tell(urls, &beside)).await
}

/// Where the demo's database is; a directory of its own goes when the demo ends.
struct Home {
    place: DatabaseLocation,
    _directory: Option<TempDir>,
}

impl Home {
    fn find(shared: &SharedOptions) -> Result<Self, Failure> {
        if shared.database.is_some() {
            return Ok(Self { place: opened::place(shared)?, _directory: None });
        }
        let directory = tempfile::Builder::new().prefix("flow-gateway-demo-").tempdir()?;
        // Whatever the process's mask says.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700))?;
        let file: PathBuf = directory.path().join("flow.db");
        Ok(Self { place: DatabaseLocation::File(file), _directory: Some(directory) })
    }

    /// How a command is run beside the demo. A server's URL is not repeated: it may hold a password.
    fn beside(&self, studio: StudioId) -> String {
        let database = match &self.place {
            DatabaseLocation::File(file) => format!("sqlite://{}", file.display()),
            DatabaseLocation::Server(_) => "…".to_owned(),
        };
        format!("flow-gateway keys list --studio {studio} --database '{database}'")
    }
}

impl Gifts {
    async fn make(db: &Db, studio: StudioId) -> Result<Self, Failure> {
        // What there is nothing to read with yet would only puzzle.
        let served: Vec<Scope> = management::endpoints().iter().filter_map(|row| row.rule.scope).collect();
        let ending = |end: &str| served.iter().copied().filter(|scope| scope.name().ends_with(end)).collect();
        let key = async |name: &str, kind, scopes| {
            let new = NewKey {
                name: name.to_owned(),
                kind,
                used_by: Some("demo".to_owned()),
                scopes,
                origins: vec![],
                networks: vec![],
                rate_limit: DEFAULT_RATE,
                expires_in: None,
            };
            keys::create(db, studio, new, "demo", Clock::System.now()).await
        };
        Ok(Self {
            publishable: key("Website", KeyKind::Publishable, ScopeSet::default()).await?,
            reader: key("Reports", KeyKind::Secret, ending(":read")).await?,
            writer: key("Back office", KeyKind::Secret, ending(":write")).await?,
        })
    }

    /// Prints the keys, and calls that show what each opens.
    fn tell(&self, urls: &Urls, beside: &str) -> Done {
        let Urls { storefront, management, .. } = urls;
        let [publishable, reader, writer] =
            [&self.publishable, &self.reader, &self.writer].map(|created| created.minted.reveal());
        let sent = json!({"display_name": "Rita Sousa", "specialties": ["Breath"]});
        output::line(&format!(
            "
Casa Prana is open. Its keys, which end with this demo:

  publishable, for its website      {publishable}
  secret, reads everything          {reader}
  secret, writes what it manages    {writer}

Calls to try:

  curl -s -H 'Authorization: Bearer {publishable}' '{storefront}/v1/site'
  curl -s -H 'Authorization: Bearer {publishable}' '{storefront}/v1/schedule?limit=3'
  curl -s -H 'Authorization: Bearer {reader}' '{management}/v1/locations'
  curl -s -H 'Authorization: Bearer {writer}' -H 'Content-Type: application/json' -d '{sent}' '{management}/v1/instructors'
  curl -s -H 'Authorization: Bearer {reader}' -H 'Origin: https://casaprana.example' '{management}/v1/instructors'

The last one is refused: a secret key has no business in a browser. All operations: {management}/docs
Commands work beside it: {beside}
Ctrl-C ends the demo."
        ))
    }
}
