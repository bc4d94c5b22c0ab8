//! Makes a [`Call`] from an HTTP request. Used by the guard for every request and by `explain` for one.

use std::net::IpAddr;

use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};

use super::call::{Call, Credential};
use crate::wire::cors;

impl<'c> Call<'c> {
    /// Reads what authorization needs from a request.
    pub fn of(method: &'c Method, uri: &'c Uri, headers: &'c HeaderMap, client: IpAddr) -> Self {
        Self {
            method: method.as_str(),
            path: uri.path(),
            query: uri.query().unwrap_or_default(),
            credential: Credential::of(headers),
            origin: origin(headers),
            has_fetch_metadata: headers.contains_key("sec-fetch-site"),
            is_preflight: cors::is_preflight(method, headers),
            client: client.to_canonical(),
        }
    }
}

impl<'c> Credential<'c> {
    /// Reads `Authorization` (RFC 6750, section 2.1): the scheme in any case, then one token.
    pub(super) fn of(headers: &'c HeaderMap) -> Self {
        let mut sent = headers.get_all(header::AUTHORIZATION).iter();
        let Some(value) = sent.next() else { return Self::Missing };
        if sent.next().is_some() {
            return Self::Several;
        }
        let Ok(text) = value.to_str() else { return Self::Unreadable };
        let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
        let token = token.trim_matches(' ');
        if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() { Self::Bearer(token) } else { Self::Missing }
    }
}

/// The `Origin`. When several headers disagree, no key can allow it.
fn origin(headers: &HeaderMap) -> Option<&str> {
    let mut sent = headers.get_all(header::ORIGIN).iter();
    let first = sent.next()?;
    Some(if sent.any(|other| other != first) { "several" } else { text_of(first) })
}

/// A header's text. One that is not text becomes a value that equals no allowed one.
pub(super) fn text_of(value: &HeaderValue) -> &str {
    value.to_str().unwrap_or("unreadable")
}
