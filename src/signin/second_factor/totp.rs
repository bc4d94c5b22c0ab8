//! The secret of an authenticator app, and its codes: six digits that change every 30 seconds, by HMAC-SHA-1, since that is what
//! every app knows.

use std::fmt;

use totp_rs::{Builder, Totp};

use crate::store::{clock::random, instant::Instant};

/// The bytes of a secret, as RFC 4226 recommends.
pub const SECRET_LENGTH: usize = 20;
/// Who the codes are for, as apps list them.
const ISSUER: &str = "Flow";

/// The secret that a person's app shares with us. Never printed.
#[derive(Clone)]
pub struct TotpSecret([u8; SECRET_LENGTH]);

impl TotpSecret {
    /// A new one.
    pub fn mint() -> Self {
        Self(random())
    }

    /// From what was decrypted.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes, to encrypt them.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// The secret as people type it into an app: Base32 in groups of four.
    pub fn as_typed(&self) -> String {
        let text = totp_rs::Secret::from(self.0).to_base32();
        let groups: Vec<_> = text.as_bytes().chunks(4).map(String::from_utf8_lossy).collect();
        groups.join(" ")
    }

    /// The address that an app reads from the QR code.
    pub fn url(&self, email: &str) -> Option<String> {
        // Apps take what stands before a colon for the issuer.
        self.totp(&email.replace(':', " "))?.to_url().ok()
    }

    /// The time step of a code, if it is of this moment, or of the step before or after it.
    pub fn step_of(&self, code: &str, now: Instant) -> Option<i64> {
        let digits: String = code.chars().filter(|letter| !letter.is_whitespace()).collect();
        let seconds = u64::try_from(now.micros() / 1_000_000).ok()?;
        let step = self.totp("")?.check(&digits, seconds)?;
        i64::try_from(step).ok()
    }

    fn totp(&self, account: &str) -> Option<Totp> {
        Builder::new().with_secret(self.0).with_issuer(Some(ISSUER)).with_account_name(account).build().ok()
    }
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("TotpSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Instant {
        Instant::from_micros(seconds * 1_000_000)
    }

    fn code_at(secret: &TotpSecret, seconds: i64) -> String {
        secret.totp("").unwrap().generate(seconds.unsigned_abs()).to_string()
    }

    #[test]
    fn codes_are_those_of_rfc_6238() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890").unwrap();
        // Appendix B has eight digits, of which apps show the last six.
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(code_at(&secret, seconds), code);
            assert_eq!(secret.step_of(code, at(seconds)), Some(seconds / 30));
        }
        assert_eq!(secret.as_typed(), "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ");
        let url = secret.url("anna@casa.example").unwrap();
        assert_eq!(url, "otpauth://totp/Flow:anna%40casa.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Flow");
        assert!(!format!("{secret:?}").contains("12345"));
    }

    #[test]
    fn a_code_is_good_for_a_step_before_and_after_its_own_and_no_longer() {
        let secret = TotpSecret::mint();
        let code = code_at(&secret, 1_000_000_020);
        let step = 1_000_000_020 / 30;
        for (seconds, found) in [
            (1_000_000_020 - 31, None),
            (1_000_000_020 - 30, Some(step)),
            (1_000_000_020 + 29, Some(step)),
            (1_000_000_020 + 59, Some(step)),
            (1_000_000_020 + 60, None),
        ] {
            assert_eq!(secret.step_of(&code, at(seconds)), found, "{seconds}");
        }
        let spaced = format!(" {} {} ", &code[..3], &code[3..]);
        assert_eq!(secret.step_of(&spaced, at(1_000_000_020)), Some(step), "as apps show it");
        for no_code in ["", "12345", "1234567", "+12345", "abcdef", "１２３４５６"] {
            assert_eq!(secret.step_of(no_code, at(1_000_000_020)), None, "{no_code}");
        }
        assert_eq!(secret.step_of(&code, at(-1)), None);
    }
}
