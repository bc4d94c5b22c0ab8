//! Page cursors: opaque, URL-safe, and authenticated with a MAC over list, studio and filters, so that an invented cursor or one
//! of another list is refused.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// Bytes of the MAC.
const MAC_LENGTH: usize = 16;

/// The MAC key; all servers of a database share it.
#[derive(Clone)]
pub struct CursorSeal(pub [u8; 32]);

impl CursorSeal {
    fn mac(&self, list: &str, place: &str) -> [u8; MAC_LENGTH] {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("HMAC takes a key of any length");
        mac.update(list.as_bytes());
        mac.update(b"\n");
        mac.update(place.as_bytes());
        let mut short = [0; MAC_LENGTH];
        short.copy_from_slice(&mac.finalize().into_bytes()[..MAC_LENGTH]);
        short
    }

    /// The cursor for a position in a list.
    pub fn seal(&self, list: &str, place: &str) -> String {
        let bytes = [self.mac(list, place).as_slice(), place.as_bytes()].concat();
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The position, if the cursor belongs to this list.
    pub fn open(&self, list: &str, cursor: &str) -> Option<String> {
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (mac, place) = bytes.split_at_checked(MAC_LENGTH)?;
        let place = str::from_utf8(place).ok()?;
        let right = subtle::ConstantTimeEq::ct_eq(mac, self.mac(list, place).as_slice());
        bool::from(right).then(|| place.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_opens_only_where_it_was_sealed() {
        let seal = CursorSeal([7; 32]);
        let cursor = seal.seal("list", "ins_1");
        assert_eq!(seal.open("list", &cursor).as_deref(), Some("ins_1"));
        assert_eq!(seal.open("other list", &cursor), None);
        assert_eq!(CursorSeal([8; 32]).open("list", &cursor), None);
        assert_eq!(seal.open("list", &BASE64_URL_SAFE_NO_PAD.encode([0; 40])), None);
        assert_eq!(seal.open("list", "not base64!"), None);
    }
}
