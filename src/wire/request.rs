//! What the server knows of a request besides its head and body, carried in extensions.
//!
//! [`Peer`] and [`RequestId`] are put into every request by the server; [`CallInfo`] is put into the response by the
//! guard, so that the log line and the metrics can name who called what.

use std::{
    borrow::Cow,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::mask::mask_keys;

/// The header that carries a [`RequestId`], both ways.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The address at the other end of the connection; an IPv4 address also when it came in as IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The name by which a caller and the log speak of one request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The caller's own, when it is 1 to 64 of `[A-Za-z0-9._-]` and no key: the id is logged and sent about.
    pub fn sent(headers: &HeaderMap) -> Option<Self> {
        let sent = headers.get(X_REQUEST_ID)?;
        let text = sent.to_str().ok().filter(|text| (1..=64).contains(&text.len()))?;
        let fits = text.bytes().all(may_stand_in_an_id) && matches!(mask_keys(text), Cow::Borrowed(_));
        fits.then(|| Self(sent.clone()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The id as a header's value, without a copy.
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn may_stand_in_an_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// Makes ids for requests that came without one: unlike any other of this process, and of other processes by chance.
#[derive(Debug)]
pub struct RequestIds {
    process: u32,
    next: AtomicU64,
}

impl RequestIds {
    /// A maker that starts somewhere random; from then on an id costs one atomic addition and no system call.
    pub fn new() -> Self {
        // The standard library seeds its hashers from the operating system's generator.
        let chance = RandomState::new();
        Self { process: (chance.hash_one(0) >> 32) as u32, next: AtomicU64::new(chance.hash_one(1)) }
    }

    /// The next id: 24 hexadecimal digits.
    pub fn next(&self) -> RequestId {
        let text = format!("{:08x}{:016x}", self.process, mix(self.next.fetch_add(1, Ordering::Relaxed)));
        RequestId(HeaderValue::from_maybe_shared(text).unwrap_or(HeaderValue::from_static("unnamed")))
    }
}

impl Default for RequestIds {
    fn default() -> Self {
        Self::new()
    }
}

/// `SplitMix64`'s finish: no two counts give one result, and neighbours look nothing alike.
fn mix(count: u64) -> u64 {
    let count = (count ^ (count >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let count = (count ^ (count >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    count ^ (count >> 31)
}

/// Who called what, as far as the guard found out before it answered.
#[derive(Clone, Debug, Default)]
pub struct CallInfo {
    /// The studio's id.
    pub studio: Option<Arc<str>>,
    /// The key, masked.
    pub key: Option<Arc<str>>,
    /// The id of the operation that was asked for.
    pub operation: Option<&'static str>,
    /// Whether it was opened to the caller.
    pub admitted: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(value: &[u8]) -> Option<RequestId> {
        let mut headers = HeaderMap::new();
        headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(value).expect("a header value"));
        RequestId::sent(&headers)
    }

    #[test]
    fn a_callers_id_is_taken_only_in_the_agreed_alphabet() {
        assert_eq!(sent(b"deploy-7.a_B").expect("taken").as_str(), "deploy-7.a_B");
        assert!(sent(&[b'a'; 64]).is_some());
        for refused in [&b""[..], &[b'a'; 65], b"a b", b"a\xc3\xa9", b"a/b", b"flow_sk_0123456789"] {
            assert!(sent(refused).is_none(), "{refused:?}");
        }
    }

    #[test]
    fn own_ids_differ_and_could_be_sent_back() {
        let ids = RequestIds::new();
        let (one, other) = (ids.next(), ids.next());
        assert_ne!(one, other);
        assert_eq!(one.as_str().len(), 24);
        assert_eq!(sent(one.as_str().as_bytes()), Some(one));
    }
}
