//! Encrypts what has to be read again and must not stand in the database in the clear (XChaCha20-Poly1305, a random nonce each
//! time). Made by [`super::signing_secret::SigningSecret`], one for each purpose.
//!
//! Promises that a text opens only with the key that sealed it, and only for the row that it was sealed for: copied to another
//! row, or changed, it does not open.

use std::fmt;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hkdf::Hkdf;
use sha2::Sha256;

use super::{clock::random, error::StoreError};

const NONCE_LENGTH: usize = 24;

/// What encrypts and decrypts for one purpose.
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    key_id: String,
}

impl Sealer {
    /// With the key that is derived for a purpose.
    pub(super) fn new(secret: &Hkdf<Sha256>, purpose: &'static str) -> Self {
        let key = derived::<32>(secret, &[purpose, " key"].concat());
        let key_id = hex::encode(derived::<8>(secret, &[purpose, " id"].concat()));
        Self { cipher: XChaCha20Poly1305::new(&key.into()), key_id }
    }

    /// The id of the key, which says nothing of it: what was sealed with another key is recognised by it.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Encrypts for a row.
    ///
    /// # Errors
    /// When the text has 256 GiB or more.
    pub fn seal(&self, plain: &[u8], row: &str) -> Result<String, StoreError> {
        let nonce = random::<NONCE_LENGTH>();
        let payload = Payload { msg: plain, aad: row.as_bytes() };
        let sealed = self.cipher.encrypt(&XNonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| StoreError::Broken("a text is too long to encrypt".into()))?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode([&nonce[..], &sealed].concat()))
    }

    /// Decrypts what was sealed with this key for this row.
    pub fn open(&self, sealed: &str, row: &str) -> Option<Vec<u8>> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (nonce, msg) = bytes.split_first_chunk::<NONCE_LENGTH>()?;
        self.cipher.decrypt(&XNonce::from(*nonce), Payload { msg, aad: row.as_bytes() }).ok()
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Sealer({})", self.key_id)
    }
}

fn derived<const N: usize>(secret: &Hkdf<Sha256>, info: &str) -> [u8; N] {
    let mut bytes = [0; N];
    secret.expand(info.as_bytes(), &mut bytes).expect("HKDF derives up to 8160 bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(secret: &[u8], purpose: &'static str) -> Sealer {
        Sealer::new(&Hkdf::new(None, secret), purpose)
    }

    #[test]
    fn a_text_opens_with_its_own_key_for_its_own_row_alone() {
        let own = sealer(b"secret", "a");
        let sealed = own.seal(b"text", "row").unwrap();
        assert_eq!(own.open(&sealed, "row").as_deref(), Some(&b"text"[..]));
        assert_eq!(own.open(&sealed, "another row"), None);
        assert_eq!(sealer(b"secret", "b").open(&sealed, "row"), None);
        assert_eq!(sealer(b"another", "a").open(&sealed, "row"), None);
        assert_ne!(sealer(b"another", "a").key_id(), own.key_id());
        assert_ne!(own.seal(b"text", "row").unwrap(), sealed, "no nonce comes twice");
        let first = if sealed.starts_with('A') { "B" } else { "A" };
        for damaged in ["", "AAAA", "not base64!", &sealed[1..], &format!("{first}{}", &sealed[1..])] {
            assert_eq!(own.open(damaged, "row"), None, "{damaged}");
        }
        assert!(!format!("{own:?}").contains("secret"));
    }
}
