//! Single-use links in mails. A link holds a token of 256 random bits behind `#`, which browsers send to no server, so
//! that it reaches no log. We keep its SHA-256 alone: a stolen database opens no link.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::store::{
    bind::bind_as_word,
    clock::random,
    db::{On, Tx},
    error::StoreError,
    id::StudioId,
    instant::Instant,
};

/// What a link is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Becoming a member.
    Invitation,
}

bind_as_word!(Purpose);

/// The secret in a link. It never prints.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new one.
    pub fn mint() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(random::<32>()))
    }

    /// The link to a page, for the one place that writes it into a mail.
    pub fn link(&self, page: &str) -> String {
        format!("{page}#{}", self.0)
    }

    /// The token itself, for whoever makes sure that it is kept nowhere.
    pub(super) fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of a token.
    pub fn hash(token: &str) -> String {
        hex::encode(Sha256::digest(token))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(…)")
    }
}

/// Makes a link of a token: from now on, and until it expires, it opens what it is for.
pub(super) async fn keep(
    tx: &mut Tx,
    studio: StudioId,
    membership: &str,
    token: &Token,
    (purpose, expires_at): (Purpose, Instant),
) -> Result<(), StoreError> {
    let text = "insert into mail_links (token_hash, studio_id, membership_id, purpose, expires_at) values ($1, $2, $3, $4, $5)";
    let statement = tx.on().query(text).bind(Token::hash(&token.0)).bind(studio).bind(membership.to_owned());
    statement.bind(purpose).bind(expires_at).execute().await.map(drop)
}

/// Ends every link of a membership.
pub(super) async fn void(on: On<'_>, studio: StudioId, membership: &str) -> Result<(), StoreError> {
    let text = "delete from mail_links where studio_id = $1 and membership_id = $2";
    on.query(text).bind(studio).bind(membership.to_owned()).execute().await.map(drop)
}
