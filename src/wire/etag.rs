//! Versions on the wire: Management's row versions with `If-Match`, and the Storefront's byte tags with `If-None-Match`
//! (RFC 9110, sections 8.8.3 and 13.1).

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use xxhash_rust::xxh3::xxh3_128;

use super::problem::{Code, Problem};

/// What `If-Match` demands of the current version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// Nothing was demanded, or `*`.
    Any,
    /// One of these versions.
    OneOf(Vec<i64>),
}

impl IfMatch {
    /// Reads the header. A weak tag, or one that we never gave, matches no version.
    ///
    /// # Errors
    /// `malformed_request` when it is not a list of entity tags.
    pub fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let mut versions = Vec::new();
        for line in headers.get_all(header::IF_MATCH) {
            let line = line.to_str().map_err(|_| malformed())?;
            if line.trim() == "*" {
                return Ok(Self::Any);
            }
            for tag in line.split(',').map(str::trim) {
                let opaque = tag.strip_prefix("W/").unwrap_or(tag);
                let inner = opaque.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).ok_or_else(malformed)?;
                let is_ours = |version: &i64| opaque.len() == tag.len() && version.to_string() == inner;
                versions.extend(inner.parse().ok().filter(is_ours));
            }
        }
        Ok(if headers.contains_key(header::IF_MATCH) { Self::OneOf(versions) } else { Self::Any })
    }

    /// Checks it against the current version.
    ///
    /// # Errors
    /// `version_mismatch`.
    pub fn check(&self, current: i64) -> Result<(), Problem> {
        match self {
            Self::OneOf(versions) if !versions.contains(&current) => Err(Problem::new(
                Code::VersionMismatch,
                format!("The row is at version {current} now. Read it again and decide anew."),
            )),
            _ => Ok(()),
        }
    }
}

fn malformed() -> Problem {
    Problem::malformed(r#"`If-Match` is not a list of entity tags, such as "3"."#)
}

/// The `ETag` of a row's version.
#[must_use]
pub fn of_version(version: i64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// Gives a successful read the tag of its bytes, and answers 304 when the client holds them already.
pub async fn conditional(held: &[HeaderValue], response: Response<Body>) -> Response<Body> {
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // The bodies of reads are whole in memory already: this takes them, and copies nothing.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else { return Response::from_parts(parts, Body::empty()) };
    let tag = format!("\"{:032x}\"", xxh3_128(&bytes));
    let fresh = held.iter().any(|held| holds(held, &tag));
    if let Ok(tag) = HeaderValue::try_from(tag) {
        parts.headers.insert(header::ETAG, tag);
    }
    if fresh {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, bytes.into())
}

/// Weak comparison, as `If-None-Match` demands.
fn holds(held: &HeaderValue, tag: &str) -> bool {
    let held = held.to_str().unwrap_or_default();
    held.trim() == "*" || held.split(',').map(|one| one.trim().trim_start_matches("W/")).any(|one| one == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> Option<IfMatch> {
        let headers = HeaderMap::from_iter([(header::IF_MATCH, HeaderValue::from_static(text))]);
        IfMatch::read(&headers).ok()
    }

    #[test]
    fn if_match_is_read_as_a_list_of_versions() {
        assert_eq!(read("*"), Some(IfMatch::Any));
        assert_eq!(read(r#""3", "4""#), Some(IfMatch::OneOf(vec![3, 4])));
        for never_given in [r#"W/"3""#, r#""+3""#, r#""03""#, r#""three""#] {
            assert_eq!(read(never_given), Some(IfMatch::OneOf(vec![])), "{never_given}");
        }
        assert_eq!(read("3"), None);
        assert!(IfMatch::OneOf(vec![]).check(1).is_err());
    }
}
