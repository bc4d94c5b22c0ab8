//! Keys that lose something: a part of what they may do, or everything.

use std::time::Duration;

use clap::{ArgGroup, Args};

use super::{by, view::View};
use crate::{
    access::{
        keys::{self, Narrowing},
        origin::AllowedOrigin,
        scope::Scope,
        stored::{KeyId, StoredKey},
    },
    cli::{Done, confirm::confirm, opened, output},
    config::Cidr,
    store::{clock::Clock, db::Db},
};

/// A key that was used so lately is revoked only when that is meant.
const LATELY: Duration = Duration::from_hours(1);

/// What `keys narrow` takes.
#[derive(Args)]
#[group(skip)]
#[command(group = ArgGroup::new("what").required(true).multiple(true))]
pub struct Narrow {
    /// The row's id, `key_…`
    key_id: KeyId,
    /// The scopes that it keeps
    #[arg(long, value_delimiter = ',', group = "what")]
    scopes: Option<Vec<Scope>>,
    /// The websites that it still serves
    #[arg(long, value_delimiter = ',', group = "what")]
    origins: Option<Vec<AllowedOrigin>>,
    /// The networks or addresses that it is still used from
    #[arg(long, value_delimiter = ',', group = "what")]
    networks: Option<Vec<Cidr>>,
    /// Requests a second
    #[arg(long, group = "what")]
    rate_limit: Option<u32>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// What `keys revoke` takes.
#[derive(Args)]
pub struct Revoke {
    /// The row's id, `key_…`
    key_id: KeyId,
    /// Revokes it also when it was used in the last hour
    #[arg(long)]
    yes: bool,
    /// Why, for who reads the list later
    #[arg(long)]
    reason: Option<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Narrow {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        let studio = opened::studio_of(db, self.key_id).await?;
        let to = Narrowing {
            scopes: self.scopes.map(|scopes| scopes.into_iter().collect()),
            origins: self.origins,
            networks: self.networks.map(|networks| networks.into_iter().map(|network| network.0).collect()),
            rate_limit: self.rate_limit,
        };
        let key = keys::narrow(db, studio, self.key_id, to).await?;
        tell(&key, "narrowed", self.json)
    }
}

impl Revoke {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        let studio = opened::studio_of(db, self.key_id).await?;
        let now = Clock::System.now();
        if !self.yes {
            let key = keys::find(db.read(), studio, self.key_id).await?;
            let used_lately = key.last_used_at.is_some_and(|at| at >= now.minus(LATELY));
            if key.revoked_at.is_none() && used_lately {
                let at = output::or_dash(key.last_used_at);
                let fact = format!("{} ({}) was used at {at}, less than an hour ago", key.id, key.masked());
                confirm(&fact, "revoke it all the same")?;
            }
        }
        let key = keys::revoke(db, studio, self.key_id, self.reason, &by(), now).await?;
        tell(&key, "revoked", self.json)
    }
}

fn tell(key: &StoredKey, done: &str, json: bool) -> Done {
    if json {
        return output::json(&View::of(key, Clock::System.now()));
    }
    eprintln!("{} ({}) is {done}", key.id, key.masked());
    Ok(())
}
