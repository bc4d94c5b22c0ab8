//! Recovery codes: what lets in who has lost their authenticator app. 140 random bits each, so that their SHA-256 gives nothing
//! away.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::store::clock::random;

/// How many are made at once.
pub const RECOVERY_CODES: usize = 10;
/// Crockford's Base32: no letter that looks like a digit.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const LENGTH: usize = 28;
/// The length of codes that an earlier version made. They count until they are used or replaced.
const EARLIER_LENGTH: usize = 16;

/// A code, for the page that shows it once. Never printed.
#[derive(Clone)]
pub struct RecoveryCode(String);

impl RecoveryCode {
    /// New ones.
    pub fn mint_all() -> Vec<Self> {
        (0..RECOVERY_CODES).map(|_| Self::mint()).collect()
    }

    fn mint() -> Self {
        // A byte has 256 values, eight for each letter, so that all are equally frequent.
        Self(random::<LENGTH>().iter().map(|byte| char::from(LETTERS[usize::from(byte % 32)])).collect())
    }

    /// The code as it is written down: in groups of four.
    pub fn as_written(&self) -> String {
        let groups: Vec<_> = self.0.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
        groups.join("-")
    }

    /// What is stored of it for the person with this key of an address.
    pub fn hash(&self, email_key: &str) -> String {
        hash_of(&self.0, email_key)
    }
}

impl fmt::Debug for RecoveryCode {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("RecoveryCode(…)")
    }
}

/// What is stored of a code that somebody typed, in capitals or with other marks between the groups; nothing where it cannot be
/// one.
pub(super) fn hash_of_typed(typed: &str, email_key: &str) -> Option<String> {
    let plain: String = typed.chars().filter(|letter| letter.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    let plain = plain.replace('o', "0").replace(['i', 'l'], "1");
    [LENGTH, EARLIER_LENGTH].contains(&plain.len()).then(|| hash_of(&plain, email_key))
}

fn hash_of(plain: &str, email_key: &str) -> String {
    hex::encode(Sha256::new().chain_update(plain).chain_update(b"\n").chain_update(email_key).finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_found_however_it_is_typed_and_by_its_owner_alone() {
        let codes = RecoveryCode::mint_all();
        let code = &codes[0];
        let (written, hash) = (code.as_written(), code.hash("anna"));
        assert_eq!((codes.len(), written.len()), (10, 34), "{written}");
        for typed in [&written, &written.to_uppercase(), &written.replace('-', " "), &format!(" {} ", code.0)] {
            assert_eq!(hash_of_typed(typed, "anna"), Some(hash.clone()), "{typed}");
        }
        let misread = written.replace('1', "l").replace('0', "O");
        assert_eq!(hash_of_typed(&misread, "anna"), Some(hash.clone()));
        assert_ne!(hash_of_typed(&written, "rui"), Some(hash));
        assert_eq!(hash_of_typed(&written[1..], "anna"), None);
        let earlier = RecoveryCode("0123456789abcdef".to_owned());
        assert_eq!(hash_of_typed("0123-4567-89AB-CDEF", "anna"), Some(earlier.hash("anna")), "one of a version before");
        assert!(!format!("{code:?}").contains(&code.0));
        let all: std::collections::BTreeSet<_> = codes.iter().map(|code| &code.0).collect();
        assert_eq!(all.len(), 10);
    }
}
