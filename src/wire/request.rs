//! What the server knows about a request besides its head and body: it adds [`Peer`] and [`RequestId`] to the extensions of
//! every request.

use std::{
    borrow::Cow,
    hash::{BuildHasher, RandomState},
    net::IpAddr,
    sync::atomic::{AtomicU64, Ordering},
};

use axum::http::{HeaderMap, HeaderName, HeaderValue};

use super::mask::mask_keys;

/// The header of a [`RequestId`], in requests and responses.
pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The address of the connection's peer; IPv4 also if it was IPv4-mapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The id of a request, for callers and logs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The caller's own id: 1 to 64 of `[A-Za-z0-9._-]`, and not a key, since ids are logged.
    pub fn sent(headers: &HeaderMap) -> Option<Self> {
        let sent = headers.get(X_REQUEST_ID)?;
        let text = sent.to_str().ok().filter(|text| (1..=64).contains(&text.len()))?;
        let fits = text.bytes().all(may_stand_in_an_id) && matches!(mask_keys(text), Cow::Borrowed(_));
        fits.then(|| Self(sent.clone()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// As a header value, without a copy.
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

fn may_stand_in_an_id(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// Makes request ids: unique in this process, and very likely among processes.
#[derive(Debug)]
pub struct RequestIds {
    process: u32,
    next: AtomicU64,
}

impl RequestIds {
    /// Starts at a random number; each id then costs one atomic addition.
    pub fn new() -> Self {
        // The standard library's hashers are seeded from the operating system.
        let chance = RandomState::new();
        Self { process: (chance.hash_one(0) >> 32) as u32, next: AtomicU64::new(chance.hash_one(1)) }
    }

    /// The next id: 24 hexadecimal digits.
    pub fn next(&self) -> RequestId {
        let mut id = [0; 12];
        id[..4].copy_from_slice(&self.process.to_be_bytes());
        id[4..].copy_from_slice(&mix(self.next.fetch_add(1, Ordering::Relaxed)).to_be_bytes());
        RequestId(HeaderValue::try_from(hex::encode(id)).unwrap_or(HeaderValue::from_static("unnamed")))
    }
}

impl Default for RequestIds {
    fn default() -> Self {
        Self::new()
    }
}

/// The finalizer of `SplitMix64`: a bijection, and neighbours look unrelated.
fn mix(count: u64) -> u64 {
    let count = (count ^ (count >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let count = (count ^ (count >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    count ^ (count >> 31)
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
