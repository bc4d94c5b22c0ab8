//! `keys rename`, `keys narrow` and `keys revoke`.

use std::time::Duration;

use clap::{ArgGroup, Args};
use tokio::time::{Instant, sleep};

use super::{by, view::View};
use crate::{
    access::{
        keys::{self, Narrowing},
        origin::AllowedOrigin,
        scope::Scope,
        stored::{KeyId, StoredKey},
    },
    cli::{Done, confirm::confirm, database, output},
    config::{Cidr, entry},
    store::{clock::Clock, db::Db, id::StudioId},
};

/// How long it takes at the most until a call shows in the database.
const WRITTEN_WITHIN: Duration = Duration::from_secs(2);
/// The pause between two queries.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Gives a key another name; it stays the same key, with all its settings
///
/// Names need not be unique. A key that was revoked or has expired keeps its name.
#[derive(Args)]
pub struct Rename {
    /// The key's id, `key_…`, from `keys list`
    key_id: KeyId,
    /// The new name: one line of at most 120 characters
    name: String,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Takes rights from a key: scopes, origins, networks or rate; rights are never added
///
/// Pass what the key keeps: each new value must lie within the present one. Running servers know it within a second.
#[derive(Args)]
#[group(skip)]
#[command(group = ArgGroup::new("what").required(true).multiple(true))]
pub struct Narrow {
    /// The key's id, `key_…`, from `keys list`
    key_id: KeyId,
    /// The scopes that the key keeps
    #[arg(long, value_delimiter = ',', value_parser = entry::<Scope>, group = "what")]
    scopes: Option<Vec<Scope>>,
    /// The websites that may still use a publishable key
    #[arg(long, value_delimiter = ',', value_parser = entry::<AllowedOrigin>, group = "what")]
    origins: Option<Vec<AllowedOrigin>>,
    /// The networks or addresses that may still use a secret key
    #[arg(long, value_delimiter = ',', value_parser = entry::<Cidr>, group = "what")]
    networks: Option<Vec<Cidr>>,
    /// Requests a second, with bursts of twice as many
    #[arg(long, group = "what")]
    rate_limit: Option<u32>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Revokes a key: running servers refuse it within a second
///
/// If the key was used in the last hour, the command asks first. Without a terminal, in a script, nobody can answer: then it
/// revokes nothing and fails, unless --yes is passed.
#[derive(Args)]
pub struct Revoke {
    /// The key's id, `key_…`, from `keys list`
    key_id: KeyId,
    /// Does not ask, even if the key was used in the last hour
    #[arg(long)]
    yes: bool,
    /// The reason, shown in the list of keys
    #[arg(long)]
    reason: Option<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Rename {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        // Before the key is looked up: a wrong name is wrong for every key.
        keys::check_name(&self.name)?;
        let studio = database::studio_of(db, self.key_id).await?;
        let key = keys::rename(db, studio, self.key_id, self.name, by(), Clock::System.now()).await?;
        tell(&key, &format!("is now named {}", key.name), self.json)
    }
}

impl Narrow {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        let studio = database::studio_of(db, self.key_id).await?;
        let to = Narrowing {
            scopes: self.scopes.map(|scopes| scopes.into_iter().collect()),
            origins: self.origins,
            networks: self.networks.map(|networks| networks.into_iter().map(|network| network.0).collect()),
            rate_limit: self.rate_limit,
        };
        let key = keys::narrow(db, studio, self.key_id, to, by(), Clock::System.now()).await?;
        tell(&key, "was narrowed; running servers know it within a second", self.json)
    }
}

impl Revoke {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        // Before the key is looked up: a wrong reason is wrong for every key.
        self.reason.as_deref().map_or(Ok(()), keys::check_reason)?;
        let studio = database::studio_of(db, self.key_id).await?;
        if !self.yes {
            self.ask(db, studio).await?;
        }
        let key = keys::revoke(db, studio, self.key_id, self.reason, by(), Clock::System.now()).await?;
        tell(&key, "no longer works; running servers refuse it within a second", self.json)
    }

    /// Asks for a confirmation if the key is in use. A server takes up to two seconds to write a use, so a key counts as unused
    /// only after that time.
    async fn ask(&self, db: &Db, studio: StudioId) -> Done {
        let asked = Instant::now();
        loop {
            let key = keys::find(db.of(studio), self.key_id).await?;
            if key.revoked_at.is_some() {
                return Ok(());
            }
            if key.was_used_recently(Clock::System.now()) {
                let at = output::or_dash(key.last_used_at);
                let fact = format!("{} ({}) was used at {at}, less than an hour ago", key.id, key.masked());
                return confirm(&fact, "revoke it");
            }
            if asked.elapsed() > WRITTEN_WITHIN {
                return Ok(());
            }
            sleep(LOOK_AGAIN).await;
        }
    }
}

fn tell(key: &StoredKey, done: &str, json: bool) -> Done {
    if json {
        return output::json(&View::of(key, Clock::System.now()));
    }
    eprintln!("{} ({}) {done}", key.id, key.masked());
    Ok(())
}
