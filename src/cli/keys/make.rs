//! Keys that are made: new ones and replacements. The only commands that ever print a secret key.

use clap::Args;

use super::{by, lifetime::Lifetime, view::View};
use crate::{
    access::{
        key::KeyKind,
        keys::{self, Created, NewKey, Replacement},
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
    #[arg(long, required_unless_present = "like")]
    studio: Option<String>,
    /// Creates one like this expired or revoked key: what no other option names is as it was, its lifetime too
    #[arg(long, value_name = "KEY_ID", conflicts_with_all = ["studio", "kind"])]
    like: Option<KeyId>,
    /// The kind of key: secret for servers, publishable for browsers
    #[arg(long, value_enum, required_unless_present = "like")]
    kind: Option<KeyKind>,
    /// The key's name
    #[arg(long, required_unless_present = "like")]
    name: Option<String>,
    /// The scopes of a secret key, such as classes:read,coupons:write; there is no default
    #[arg(long, value_delimiter = ',', value_parser = entry::<Scope>)]
    scopes: Option<Vec<Scope>>,
    /// The websites that may use a publishable key, such as https://studio.example [default: any]
    #[arg(long, value_delimiter = ',', value_parser = entry::<AllowedOrigin>)]
    origins: Option<Vec<AllowedOrigin>>,
    /// The networks or addresses that may use a secret key [default: any]
    #[arg(long, value_delimiter = ',', value_parser = entry::<Cidr>)]
    networks: Option<Vec<Cidr>>,
    /// Who uses it: an integration or a vendor
    #[arg(long)]
    used_by: Option<String>,
    /// Requests a second, with bursts of twice as many; for a publishable key, per network of its visitors [default: 100]
    #[arg(long)]
    rate_limit: Option<u32>,
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
    /// When the replacement expires, such as 90d from now [default: when the old key does]
    #[arg(long)]
    expires_in: Option<Lifetime>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Create {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        let now = Clock::System.now();
        let (old_studio, base) = if let Some(like) = self.like {
            let studio = database::studio_of(db, like).await?;
            (Some(studio), keys::like(db.read(), studio, like, now).await?)
        } else {
            (None, NewKey::of_kind(self.kind.unwrap_or(KeyKind::Secret)))
        };
        let new = self.over(base);
        // Before the studio is looked up: wrong options are wrong for every studio.
        new.check()?;
        let studio = match old_studio {
            Some(studio) => studio,
            None => database::studio(db, self.studio.as_deref().unwrap_or_default()).await?.id.studio(),
        };
        let created = keys::create(db, studio, new, &by(), now).await?;
        tell(&created, now, self.json)
    }

    /// The settings of a key, replaced by those that options name.
    fn over(&self, base: NewKey) -> NewKey {
        let networks = || Some(self.networks.as_ref()?.iter().map(|network| network.0).collect());
        NewKey {
            name: self.name.clone().unwrap_or(base.name),
            kind: base.kind,
            used_by: self.used_by.clone().or(base.used_by),
            scopes: self.scopes.as_ref().map_or(base.scopes, |scopes| scopes.iter().copied().collect()),
            origins: self.origins.clone().unwrap_or(base.origins),
            networks: networks().unwrap_or(base.networks),
            rate_limit: self.rate_limit.unwrap_or(base.rate_limit),
            expires_in: self.expires_in.map_or(base.expires_in, |span| Some(span.0)),
        }
    }
}

impl Rotate {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        let studio = database::studio_of(db, self.key_id).await?;
        let to = Replacement {
            scopes: self.scopes.map(|scopes| scopes.into_iter().collect()),
            expires_in: self.expires_in.map(|span| span.0),
        };
        let now = Clock::System.now();
        let created = keys::rotate(db, studio, self.key_id, to, &by(), now).await?;
        tell(&created, now, self.json)?;
        let old = self.key_id;
        eprintln!(
            "Deploy it, see with `flow-gateway keys coverage {old}` that it has taken over, then revoke the old key."
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
    if let Some(end) = stored.expires_at {
        eprintln!("It expires at {end}.");
    }
    if stored.kind == KeyKind::Secret {
        eprintln!("This secret key is shown once, here. Put it where your server keeps its secrets.");
    }
    Ok(())
}
