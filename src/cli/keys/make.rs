//! Keys that are made: new ones and replacements. The only commands that ever print a secret key.

use clap::Args;

use super::{by, end_old::what_to_do, lifetime::Lifetime, view::View};
use crate::{
    access::{
        key::KeyKind,
        keys::{self, Created, NewKey, Replacement},
        origin::AllowedOrigin,
        rotation_end::{self, MOST_DAYS},
        scope::Scope,
        stored::KeyId,
    },
    cli::{Done, database, output},
    config::{Cidr, entry},
    store::{clock::Clock, db::Db, instant::Instant},
};

/// Creates a key and prints it; a secret key is never shown again
///
/// A new key needs --studio, --kind and --name; a secret one needs --scopes as well. With --like it needs nothing more:
/// every option that is left out is as it is with that key, which must have expired or been revoked.
///
/// Servers know the key at once. Only the key goes to standard output, or all of its fields with --json.
#[derive(Args)]
#[allow(clippy::doc_markdown, rustdoc::bare_urls, reason = "--help prints these words as they are")]
pub struct CreateKey {
    /// The studio's slug or id
    #[arg(long, required_unless_present = "like")]
    studio: Option<String>,
    /// An expired or revoked key: the new key gets its studio, kind, name and settings, except what other options say
    #[arg(long, value_name = "KEY_ID", conflicts_with_all = ["studio", "kind"])]
    like: Option<KeyId>,
    /// The kind of key: secret for servers, publishable for browsers
    #[arg(long, value_enum, required_unless_present = "like")]
    kind: Option<KeyKind>,
    /// The key's name
    #[arg(long, required_unless_present = "like")]
    name: Option<String>,
    /// The scopes of a secret key, such as classes:read,coupons:write; there is no default, and write does not include read
    #[arg(long, value_delimiter = ',', value_parser = entry::<Scope>)]
    scopes: Option<Vec<Scope>>,
    /// The websites that may use a publishable key, such as https://studio.example [default: any]
    #[arg(long, value_delimiter = ',', value_parser = entry::<AllowedOrigin>)]
    origins: Option<Vec<AllowedOrigin>>,
    /// The networks or addresses that may use a secret key [default: any]
    #[arg(long, value_delimiter = ',', value_parser = entry::<Cidr>)]
    networks: Option<Vec<Cidr>>,
    /// Who uses the key: an integration or a vendor [default: none]
    #[arg(long)]
    used_by: Option<String>,
    /// Requests a second, with bursts of twice as many; for a publishable key, per network of its visitors [default: 100]
    #[arg(long)]
    rate_limit: Option<u32>,
    /// How long the key works, such as 90d, 12h or 45s; units are s, m, h, d and w [default: it never expires]
    #[arg(long)]
    expires_in: Option<Lifetime>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Creates a key's replacement, with the same scopes or fewer; the old key keeps working until you revoke it
///
/// Deploy the replacement, check with `keys coverage` that it has taken over, then revoke the old key. A key has one
/// replacement at a time. Retries work across a rotation: both keys share their Idempotency-Keys.
#[derive(Args)]
pub struct Rotate {
    /// The key to replace: its id, `key_…`, from `keys list`
    key_id: KeyId,
    /// The replacement's scopes: the same or fewer [default: the same]
    #[arg(long, value_delimiter = ',', value_parser = entry::<Scope>)]
    scopes: Option<Vec<Scope>>,
    /// How long the replacement works, such as 90d [default: until the old key expires]
    #[arg(long)]
    expires_in: Option<Lifetime>,
    /// Ends the old key so many days after the first admitted call with the replacement; a running server does it
    /// [default: the old key works until you revoke it]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_DAYS)))]
    end_old_after: Option<u32>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl CreateKey {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        let now = Clock::System.now();
        let (old_studio, base) = if let Some(like) = self.like {
            let studio = database::studio_of(db, like).await?;
            (Some(studio), keys::like(db.of(studio), like, now).await?)
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
        let created = keys::create(db, studio, new, by(), now).await?;
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
            end_old_after: self.end_old_after,
        };
        let now = Clock::System.now();
        let created = keys::rotate(db, studio, self.key_id, to, by(), now).await?;
        tell(&created, now, self.json)?;
        let old = keys::find(db.of(studio), self.key_id).await?;
        let end = rotation_end::find(db.of(studio), old.id).await?;
        eprintln!("{}", what_to_do(&old, end.as_ref()));
        Ok(())
    }
}

fn tell(created: &Created, now: Instant, json: bool) -> Done {
    let stored = &created.stored;
    if json {
        output::json(&View::of(stored, now).with_key(created.minted.reveal()))?;
    } else {
        output::line(created.minted.reveal())?;
        eprintln!("Its id for other commands is {}.", stored.id);
    }
    if let Some(end) = stored.expires_at {
        eprintln!("It expires at {end}.");
    }
    if stored.kind == KeyKind::Secret {
        eprintln!("This secret key is shown only now. Put it where your server keeps its secrets.");
    }
    Ok(())
}
