//! A key's text: its form, its checksum, its mask, and how a new one is made.
//!
//! `flow_sk_` or `flow_pk_`, then base62: a 12-character id, a 32-character secret part, and a 6-character CRC-32 of
//! everything before it. A secret key is shown once; we store its SHA-256, so a stolen database contains no usable key. A plain
//! hash is enough, since 190 random bits cannot be guessed.

use std::{
    fmt,
    hash::{Hash, Hasher},
};

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::store::clock::random;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const PREFIX_LENGTH: usize = 8;
const ID_LENGTH: usize = 12;
const SECRET_LENGTH: usize = 32;
const CHECKSUM_LENGTH: usize = 6;
/// The length of every key.
pub const LENGTH: usize = PREFIX_LENGTH + ID_LENGTH + SECRET_LENGTH + CHECKSUM_LENGTH;

/// The audience of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum KeyKind {
    /// `flow_pk_…`: for browsers; reads public data, and is not a secret.
    Publishable,
    /// `flow_sk_…`: for servers; can do what its scopes allow.
    Secret,
}

impl KeyKind {
    /// The start of every key of this kind.
    pub const fn prefix(self) -> &'static str {
        match self {
            KeyKind::Publishable => "flow_pk_",
            KeyKind::Secret => "flow_sk_",
        }
    }
}

/// The id inside a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PublicId([u8; ID_LENGTH]);

impl fmt::Display for PublicId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(str::from_utf8(&self.0).map_err(|_| fmt::Error)?)
    }
}

impl Serialize for PublicId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        text.as_bytes().try_into().map(Self).map_err(|_| de::Error::custom("a key id has 12 characters"))
    }
}

crate::store::bind::bind_as_text!(impl[] PublicId);

/// The SHA-256 of a whole key. Compared in constant time, written as hexadecimal.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(#[serde(with = "hex::serde")] [u8; 32]);

impl Fingerprint {
    fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }
}

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Fingerprint {}

impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// The stored form.
impl fmt::Display for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&hex::encode(self.0))
    }
}

crate::store::bind::bind_as_text!(impl[] Fingerprint);

impl fmt::Debug for Fingerprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Fingerprint(…)")
    }
}

/// What a presented key claims, in a form that may be kept: its id, and the fingerprint of the whole key.
#[derive(Clone, Copy, Debug)]
pub struct Claim {
    /// The id inside the key.
    pub id: PublicId,
    /// The fingerprint that the row must have.
    pub fingerprint: Fingerprint,
}

/// A well-formed key from a request. It need not exist.
#[derive(Clone, Copy)]
pub struct PresentedKey<'t> {
    text: &'t str,
    kind: KeyKind,
    id: PublicId,
}

/// The text does not have the form of a key, or its checksum is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not a whole Flow key")]
pub struct MalformedKey;

impl<'t> PresentedKey<'t> {
    /// Reads a key. Allocates nothing.
    ///
    /// # Errors
    /// When the form or the checksum is wrong.
    pub fn parse(text: &'t str) -> Result<Self, MalformedKey> {
        let kind = kind_of(text).ok_or(MalformedKey)?;
        let bytes = text.as_bytes();
        if bytes.len() != LENGTH || !bytes[PREFIX_LENGTH..].iter().all(u8::is_ascii_alphanumeric) {
            return Err(MalformedKey);
        }
        let (body, sum) = bytes.split_at(LENGTH - CHECKSUM_LENGTH);
        if checksum(body) != sum {
            return Err(MalformedKey);
        }
        let id = bytes[PREFIX_LENGTH..PREFIX_LENGTH + ID_LENGTH].try_into().map_err(|_| MalformedKey)?;
        Ok(Self { text, kind, id: PublicId(id) })
    }

    /// Its kind.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// What it claims to be.
    pub fn claim(&self) -> Claim {
        Claim { id: self.id, fingerprint: Fingerprint::of(self.text) }
    }
}

impl fmt::Debug for PresentedKey<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&masked(self.kind, &self.text[LENGTH - 4..]))
    }
}

/// The kind by the prefix, even if the rest is malformed.
pub fn kind_of(text: &str) -> Option<KeyKind> {
    [KeyKind::Publishable, KeyKind::Secret].into_iter().find(|kind| text.starts_with(kind.prefix()))
}

/// A new key: the only time that the text of a secret key exists here.
pub struct MintedKey {
    /// The whole key, shown once.
    pub text: SecretString,
    /// Its public id.
    pub id: PublicId,
    /// The stored hash.
    pub fingerprint: Fingerprint,
    /// The end of the key, shown later.
    pub last_four: String,
}

/// Makes a key from the operating system's randomness.
pub fn mint(kind: KeyKind) -> MintedKey {
    let mut text = kind.prefix().to_owned();
    text.extend(letters().take(ID_LENGTH + SECRET_LENGTH));
    let sum = checksum(text.as_bytes());
    text.extend(sum.map(char::from));
    let id = text.as_bytes()[PREFIX_LENGTH..PREFIX_LENGTH + ID_LENGTH].try_into().unwrap_or([0; ID_LENGTH]);
    MintedKey {
        id: PublicId(id),
        fingerprint: Fingerprint::of(&text),
        last_four: text[LENGTH - 4..].to_owned(),
        text: text.into(),
    }
}

/// Uniformly random base62 letters: bytes that would favour some letters are dropped.
pub fn letters() -> impl Iterator<Item = char> {
    std::iter::repeat_with(random::<64>)
        .flatten()
        .filter(|byte| *byte < 248)
        .map(|byte| BASE62[usize::from(byte % 62)].into())
}

/// CRC-32 (IEEE) in base62, padded to six digits. It detects typing errors; anyone can compute it.
fn checksum(body: &[u8]) -> [u8; CHECKSUM_LENGTH] {
    let mut rest = crc32fast::hash(body);
    let mut digits = [b'0'; CHECKSUM_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

/// A key as it is shown everywhere except at its creation.
pub fn masked(kind: KeyKind, last_four: &str) -> String {
    format!("{}…{last_four}", kind.prefix())
}

impl MintedKey {
    /// The text, for the one place that shows it.
    pub fn reveal(&self) -> &str {
        self.text.expose_secret()
    }
}
