//! Secrets that are handed out once, in a session's cookie or in a link of a mail. The database keeps their hash alone: who
//! steals it signs in nowhere and opens no link.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use super::clock::random;

/// 256 random bits, as text that a URL and a cookie can hold. It never prints.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// A new one.
    pub fn mint() -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(random::<32>()))
    }

    /// The token itself, for the place that hands it out and for the check that it is kept nowhere.
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it: its SHA-256, in hexadecimal.
    pub fn hash(&self) -> String {
        Self::hash_of(&self.0)
    }

    /// What is stored of a token that somebody sent.
    pub fn hash_of(sent: &str) -> String {
        hex::encode(Sha256::digest(sent))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Token(…)")
    }
}
