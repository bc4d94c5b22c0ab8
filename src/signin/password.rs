//! Passwords: their rules, and how they are stored.
//!
//! Stored as argon2id (RFC 9106) with OWASP's parameters, so that a stolen database does not reveal them. Hashing takes tens of
//! milliseconds and 19 MiB, so it never runs on a thread that serves requests,
//! and few run at once.

use std::{fmt, sync::LazyLock};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use zxcvbn::{Score, zxcvbn};

use crate::store::{clock::random, error::StoreError};

/// The fewest characters.
pub const SHORTEST: usize = 12;
/// The most bytes: enough for any sentence, few enough to hash quickly.
pub const LONGEST: usize = 1024;
/// What an attacker knows about every owner of a password: the words of this product.
const KNOWN_OF_ALL: &str = "Flow Gateway";
/// Memory in KiB and passes, OWASP's first choice for argon2id.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;

/// A password as it was typed. Never printed.
#[derive(Clone, Debug)]
pub struct Password(SecretString);

/// Why a new password is refused; each text is the end of a sentence that starts with the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeakPassword {
    /// Too few characters.
    #[error("must have at least {SHORTEST} characters")]
    Short,
    /// Too many bytes.
    #[error("must have at most {LONGEST} bytes")]
    Long,
    /// Easily guessed.
    #[error(
        "is easily guessed: it is common, or made of your name, e-mail address or studio. A few unrelated words are better"
    )]
    Common,
}

impl Password {
    /// A typed password, not checked.
    pub fn typed(text: String) -> Self {
        Self(text.into())
    }

    /// Checks a new password. `known` is what an attacker knows about its owner.
    ///
    /// # Errors
    /// Why it is weak.
    pub fn check(&self, known: &[&str]) -> Result<(), WeakPassword> {
        let text = self.0.expose_secret();
        if text.chars().count() < SHORTEST {
            Err(WeakPassword::Short)
        } else if text.len() > LONGEST {
            Err(WeakPassword::Long)
        } else if is_easily_guessed(text, known) {
            Err(WeakPassword::Common)
        } else {
            Ok(())
        }
    }

    /// Hashes it with a random salt.
    ///
    /// # Errors
    /// When there is not enough memory.
    pub async fn hash(self) -> Result<PasswordHash, StoreError> {
        apart(move || {
            let salt = random::<16>();
            let hashed = argon2()?.hash_password_with_salt(self.0.expose_secret().as_bytes(), &salt);
            hashed.map(|hash| PasswordHash(hash.to_string())).map_err(|error| broken(&error))
        })
        .await
    }
}

/// Whether it is found within a million guesses by an attacker who knows `known`, also in parts and joined.
fn is_easily_guessed(text: &str, known: &[&str]) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split(|letter: char| !letter.is_alphanumeric()).filter(|word| word.len() > 2).map(str::to_owned).collect()
    };
    let guesses: Vec<String> = known
        .iter()
        .chain([&KNOWN_OF_ALL])
        .flat_map(|text| {
            let words = words(text);
            [words.concat(), (*text).to_owned()].into_iter().chain(words)
        })
        .collect();
    zxcvbn(text, &guesses.iter().map(String::as_str).collect::<Vec<_>>()).score() < Score::Two
}

/// The stored form: algorithm, parameters, salt and hash in one text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// The hash of no password, which takes as long to compare as any.
    pub fn nobodys() -> Self {
        Self(format!("$argon2id$v=19$m={MEMORY},t={PASSES},p=1${}${}", "A".repeat(22), "A".repeat(43)))
    }

    /// Whether it is the hash of this password.
    ///
    /// # Errors
    /// When there is not enough memory, or the stored text is not a hash.
    pub async fn is_of(&self, password: Password) -> Result<bool, StoreError> {
        let kept = self.0.clone();
        apart(move || {
            let kept = phc::PasswordHash::new(&kept).map_err(|error| broken(&error))?;
            Ok(argon2()?.verify_password(password.0.expose_secret().as_bytes(), &kept).is_ok())
        })
        .await
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("PasswordHash(…)")
    }
}

fn argon2() -> Result<Argon2<'static>, StoreError> {
    let params = Params::new(MEMORY, PASSES, 1, None).map_err(|error| broken(&error))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Hashes that are computed at once in this process: half of what the machine can do, so that those who sign in leave the
/// other half to the APIs.
static AT_ONCE: LazyLock<Semaphore> = LazyLock::new(|| {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    Semaphore::new((processors / 2).max(1))
});
/// Those who wait for one.
static WAITING: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(MOST_WAITING));
/// More than the attempts of both audiences that are served at once, so that neither keeps the other, or who uses a link, from
/// waiting.
const MOST_WAITING: usize = 192;

async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let waits = WAITING.try_acquire().map_err(|_| StoreError::Overloaded)?;
    let slot = AT_ONCE.acquire().await.map_err(|error| broken(&error))?;
    drop(waits);
    // The slot goes with the work: who gives up waiting does not have another one begin beside it.
    let slotted = move || {
        let _slot = slot;
        work()
    };
    tokio::task::spawn_blocking(slotted).await.map_err(|error| broken(&error))?
}

fn broken(error: &dyn fmt::Display) -> StoreError {
    StoreError::Broken(format!("a password was not hashed: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(text: &str) -> Result<(), WeakPassword> {
        Password::typed(text.to_owned()).check(&["anna@casa-prana.example", "Casa Prana"])
    }

    #[test]
    fn a_password_is_long_enough_and_not_what_is_tried_first() {
        assert_eq!(judged("correct horse battery staple"), Ok(()));
        assert_eq!(judged("short"), Err(WeakPassword::Short));
        assert_eq!(judged(&"long ".repeat(300)), Err(WeakPassword::Long));
        for common in [
            "password1234",
            "passwordpassword",
            "123456789012",
            "qwertyuiop12",
            "aaaaaaaaaaaaaaaa",
            "CasaPrana2026",
            "casa prana 1",
            "FlowGateway2026",
        ] {
            assert_eq!(judged(common), Err(WeakPassword::Common), "{common}");
        }
    }

    #[tokio::test]
    async fn a_hash_is_of_its_password_alone_and_never_the_same_twice() {
        let password = Password::typed("correct horse battery staple".to_owned());
        let (one, other) = (password.clone().hash().await.unwrap(), password.clone().hash().await.unwrap());
        assert_ne!(one.0, other.0);
        assert!(one.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", one.0);
        assert!(one.is_of(password.clone()).await.unwrap());
        assert!(!one.is_of(Password::typed("correct horse battery stapler".to_owned())).await.unwrap());
        assert!(!PasswordHash::nobodys().is_of(password.clone()).await.unwrap(), "it is a hash, and of nothing");
        assert!(!format!("{password:?}{one:?}").contains(&one.0));
        assert!(!format!("{password:?}").contains("horse"));
    }
}
