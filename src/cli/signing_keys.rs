//! `signing-keys`: the keys that sign member tokens.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{Done, Failure, confirm::confirm, database, output, serve::signing_secret_of};
use crate::{
    access::signing_keys::{
        self, KeyReplacement,
        stored::{SigningKey, SigningKeyId, signing},
        unscoped,
    },
    config::{Secret, SharedOptions},
    store::{clock::Clock, instant::Instant},
};

/// The commands.
#[derive(Subcommand)]
pub enum SigningKeysCommand {
    List(ListSigningKeys),
    Rotate(RotateSigningKey),
}

/// Lists the keys that sign member tokens, the oldest first
#[derive(Args)]
pub struct ListSigningKeys {
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Makes a new key that signs member tokens
///
/// It is published at once and signs an hour later, so that nobody who keeps the public keys for a while misses it; tokens of the
/// key before it are accepted for an hour more. A server does so by itself every 90 days.
#[derive(Args)]
pub struct RotateSigningKey {
    /// Signs with the new key from now on, and accepts no token of another: for a key that leaked
    ///
    /// Pages with a token get a new one as soon as they ask for it; nobody has to sign in again.
    #[arg(long)]
    at_once: bool,
    /// Does not ask for confirmation
    #[arg(long)]
    yes: bool,
    /// The secret that the servers of this database encrypt with [default: the content of the file beside a SQLite database]
    #[arg(long, value_name = "SECRET", env = "FLOW_SIGNING_SECRET", hide_env_values = true)]
    signing_secret: Option<Secret>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// A key, as it is printed: without its private part.
#[derive(Serialize)]
struct ShownKey {
    id: SigningKeyId,
    state: KeyState,
    public_key: String,
    created_at: Instant,
    signs_at: Instant,
    expires_at: Option<Instant>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum KeyState {
    /// It is published, and signs later.
    Published,
    /// It signs.
    Signing,
    /// It was replaced, and its tokens are accepted.
    Replaced,
    /// Its tokens are refused.
    Expired,
}

impl ShownKey {
    fn of(key: &SigningKey, keys: &[SigningKey], now: Instant) -> Self {
        let state = match signing(keys, now) {
            _ if !key.is_published(now) => KeyState::Expired,
            Some(signing) if signing.id == key.id => KeyState::Signing,
            _ if key.signs_at > now => KeyState::Published,
            _ => KeyState::Replaced,
        };
        let SigningKey { id, public_key, created_at, signs_at, expires_at, .. } = key.clone();
        Self { id, state, public_key, created_at, signs_at, expires_at }
    }

    fn line(&self) -> String {
        let Self { id, signs_at, expires_at, .. } = self;
        match (self.state, expires_at) {
            (KeyState::Published, _) => format!("{id}  signs from {signs_at}"),
            (KeyState::Signing, None) => format!("{id}  signs since {signs_at}"),
            (KeyState::Signing, Some(end)) => format!("{id}  signs until the next one does, accepted until {end}"),
            (KeyState::Replaced, Some(end)) => format!("{id}  replaced, accepted until {end}"),
            (KeyState::Replaced, None) => format!("{id}  replaced"),
            (KeyState::Expired, Some(end)) => format!("{id}  expired at {end}"),
            (KeyState::Expired, None) => format!("{id}  expired"),
        }
    }
}

/// Runs a subcommand.
pub async fn run(shared: &SharedOptions, command: SigningKeysCommand) -> Done {
    match command {
        SigningKeysCommand::List(list) => list.run(shared).await,
        SigningKeysCommand::Rotate(rotate) => rotate.run(shared).await,
    }
}

impl ListSigningKeys {
    async fn run(self, shared: &SharedOptions) -> Done {
        let keys = database::read(shared, async |db| Ok(unscoped::list(db.read()).await?)).await?;
        let now = Clock::System.now();
        let shown: Vec<_> = keys.iter().map(|key| ShownKey::of(key, &keys, now)).collect();
        if self.json {
            return output::json(&shown);
        }
        shown.iter().try_for_each(|key| output::line(&key.line()))
    }
}

impl RotateSigningKey {
    async fn run(self, shared: &SharedOptions) -> Done {
        let how = if self.at_once { KeyReplacement::AtOnce } else { KeyReplacement::WithOverlap };
        if self.at_once && !self.yes {
            confirm("every member token that was issued so far will be refused", "replace the signing key at once")?;
        }
        let location = database::location(shared)?;
        database::on(shared, async |db| {
            let secret = signing_secret_of(self.signing_secret.as_ref(), "--signing-secret", &location, db).await?;
            let sealer = signing_keys::sealer(&secret).map_err(|lack| Failure::refused(lack.to_string()))?;
            let now = Clock::System.now();
            let key = signing_keys::replace(db, &sealer, now, how).await?;
            let keys = unscoped::list(db.read()).await?;
            let shown = ShownKey::of(&key, &keys, now);
            if self.json { output::json(&shown) } else { output::line(&shown.line()) }
        })
        .await
    }
}
