//! Keys that are made: new ones and replacements. The only commands that ever print a secret key.

use clap::Args;

use super::{by, lifetime::Lifetime, view::View};
use crate::{
    access::{
        key::KeyKind,
        keys::{self, Created, DEFAULT_RATE, NewKey},
        origin::AllowedOrigin,
        scope::Scope,
        stored::KeyId,
    },
    cli::{Done, database, output},
    config::{Cidr, entry},
    store::{clock::Clock, db::Db, instant::Instant},
};

/// What `keys create` takes.
#[derive(Args)]
#[allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "--help prints these words as they are")]
pub struct Create {
    /// The studio's slug or id
    #[arg(long)]
    studio: String,
    /// The kind of key: secret for servers, publishable for browsers
    #[arg(long, value_enum)]
    kind: KeyKind,
    /// The key's name
    #[arg(long)]
    name: String,
    /// The scopes of a secret key, such as classes:read,coupons:write; there is no default
    #[arg(long, value_delimiter = ',', value_parser = entry::<Scope>)]
    scopes: Vec<Scope>,
    /// The websites that may use a publishable key, such as https://studio.example [default: any]
    #[arg(long, value_delimiter = ',', value_parser = entry::<AllowedOrigin>)]
    origins: Vec<AllowedOrigin>,
    /// The networks or addresses that may use a secret key [default: any]
    #[arg(long, value_delimiter = ',', value_parser = entry::<Cidr>)]
    networks: Vec<Cidr>,
    /// Who uses it: an integration or a vendor
    #[arg(long)]
    used_by: Option<String>,
    /// Requests a second, with bursts of twice as many; for a publishable key, per network of its visitors
    #[arg(long, default_value_t = DEFAULT_RATE)]
    rate_limit: u32,
    /// When it expires, such as 90d, 12h or 45s from now [default: never]
    #[arg(long)]
    expires_in: Option<Lifetime>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// What `keys rotate` takes.
#[derive(Args)]
pub struct Rotate {
    /// The key to replace: the row's id, `key_…`
    key_id: KeyId,
    /// The replacement's scopes: the same or fewer [default: the same]
    #[arg(long, value_delimiter = ',', value_parser = entry::<Scope>)]
    scopes: Option<Vec<Scope>>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Create {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        let new = NewKey {
            name: self.name,
            kind: self.kind,
            used_by: self.used_by,
            scopes: self.scopes.into_iter().collect(),
            origins: self.origins,
            networks: self.networks.into_iter().map(|network| network.0).collect(),
            rate_limit: self.rate_limit,
            expires_in: self.expires_in.map(|span| span.0),
        };
        // Before the studio is looked up: what was asked wrongly is wrong for every studio.
        new.check()?;
        let studio = database::studio(db, &self.studio).await?.id.studio();
        let now = Clock::System.now();
        let created = keys::create(db, studio, new, &by(), now).await?;
        tell(&created, now, self.json)
    }
}

impl Rotate {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        let studio = database::studio_of(db, self.key_id).await?;
        let scopes = self.scopes.map(|scopes| scopes.into_iter().collect());
        let now = Clock::System.now();
        let created = keys::rotate(db, studio, self.key_id, scopes, &by(), now).await?;
        tell(&created, now, self.json)?;
        let old = self.key_id;
        eprintln!(
            "Deploy it, see with `flow-gateway keys show {old}` that nobody uses the old key any more, then revoke that."
        );
        Ok(())
    }
}

fn tell(created: &Created, now: Instant, json: bool) -> Done {
    let stored = &created.stored;
    if json {
        output::json(&View::of(stored, now).with_key(created.minted.reveal()))?;
    } else {
        output::line(created.minted.reveal())?;
        eprintln!("{} is the key's id, for every other command.", stored.id);
    }
    if stored.kind == KeyKind::Secret {
        eprintln!("This secret key is shown once, here. Put it where your server keeps its secrets.");
    }
    Ok(())
}
