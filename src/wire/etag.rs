//! Entity tags (RFC 9110, sections 8.8.3 and 13.1): row versions for Management, hashes of the body for the Storefront. One parser
//! reads both.

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
};
use xxhash_rust::xxh3::xxh3_128;

use super::problem::{Code, Problem};

/// The conditions of a write on the row's version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preconditions {
    if_match: Option<Versions>,
    if_none_match: Option<Versions>,
}

/// The versions in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Versions {
    /// `*`: any version.
    Any,
    /// These. An unknown tag matches no version.
    OneOf(Vec<i64>),
}

impl Preconditions {
    /// Reads the headers. A weak tag in `If-Match` matches nothing, since that comparison is strong.
    ///
    /// # Errors
    /// `malformed_request` when one is not a list of entity tags.
    pub fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        Ok(Self {
            if_match: Versions::read(headers, &header::IF_MATCH, |tag| !tag.weak)?,
            if_none_match: Versions::read(headers, &header::IF_NONE_MATCH, |_| true)?,
        })
    }

    /// Checks them against the current version.
    ///
    /// # Errors
    /// `version_mismatch`.
    pub fn check(&self, current: i64) -> Result<(), Problem> {
        let is_named = |versions: &Versions| match versions {
            Versions::Any => true,
            Versions::OneOf(versions) => versions.contains(&current),
        };
        if self.if_match.as_ref().is_some_and(|wanted| !is_named(wanted)) {
            let detail = format!("The row is now at version {current}. Read it again, then decide.");
            return Err(Problem::new(Code::VersionMismatch, detail));
        }
        if self.if_none_match.as_ref().is_some_and(is_named) {
            let detail = format!("The row exists, at version {current}, which `If-None-Match` excludes.");
            return Err(Problem::new(Code::VersionMismatch, detail));
        }
        Ok(())
    }
}

impl Versions {
    /// Several headers of one name form one list.
    fn read(headers: &HeaderMap, name: &HeaderName, counts: fn(&EntityTag) -> bool) -> Result<Option<Self>, Problem> {
        let mut lines = headers.get_all(name).iter().map(|line| line.as_bytes().trim_ascii()).peekable();
        if lines.peek().is_none() {
            return Ok(None);
        }
        let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
        if lines == [b"*"] {
            return Ok(Some(Self::Any));
        }
        let mut versions = Vec::new();
        for tag in lines.into_iter().flat_map(Tags) {
            let tag = tag.map_err(|InvalidTag| malformed(name))?;
            versions.extend(tag.version().filter(|_| counts(&tag)));
        }
        Ok(Some(Self::OneOf(versions)))
    }
}

fn malformed(name: &HeaderName) -> Problem {
    let name = if name == header::IF_MATCH { "If-Match" } else { "If-None-Match" };
    Problem::malformed(format!(r#"`{name}` is not a list of entity tags, such as "3", and not `*` alone."#))
}

/// An entity tag.
struct EntityTag<'l> {
    weak: bool,
    /// The text between the quotes: any visible characters, including commas.
    opaque: &'l [u8],
}

impl EntityTag<'_> {
    /// The row version, if it is written exactly as we write it.
    fn version(&self) -> Option<i64> {
        let text = str::from_utf8(self.opaque).ok()?;
        text.parse::<i64>().ok().filter(|version| version.to_string() == text)
    }
}

/// Not an entity tag.
struct InvalidTag;

/// Iterates over the entity tags of a header line; skips empty elements (RFC 9110, section 5.6.1), and stops after the first
/// invalid one.
struct Tags<'l>(&'l [u8]);

impl<'l> Tags<'l> {
    fn take(&mut self) -> Result<EntityTag<'l>, InvalidTag> {
        let (weak, quoted) = match self.0.strip_prefix(b"W/") {
            Some(rest) => (true, rest),
            None => (false, self.0),
        };
        let inside = quoted.strip_prefix(b"\"").ok_or(InvalidTag)?;
        let end = inside.iter().position(|byte| *byte == b'"').ok_or(InvalidTag)?;
        let (opaque, behind) = (&inside[..end], inside[end + 1..].trim_ascii_start());
        let is_visible = |byte: &u8| matches!(byte, 0x21..=0x7e | 0x80..);
        if !opaque.iter().all(is_visible) || !(behind.is_empty() || behind.starts_with(b",")) {
            return Err(InvalidTag);
        }
        self.0 = behind;
        Ok(EntityTag { weak, opaque })
    }
}

impl<'l> Iterator for Tags<'l> {
    type Item = Result<EntityTag<'l>, InvalidTag>;

    fn next(&mut self) -> Option<Self::Item> {
        let is_between = |byte: &u8| matches!(byte, b',' | b' ' | b'\t');
        let start = self.0.iter().position(|byte| !is_between(byte))?;
        self.0 = &self.0[start..];
        let taken = self.take();
        if taken.is_err() {
            self.0 = &[];
        }
        Some(taken)
    }
}

/// The `ETag` of a row version.
pub fn of_version(version: i64) -> HeaderValue {
    HeaderValue::try_from(format!("\"{version}\"")).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// Tags a successful read by its body, and answers 304 if the client has that already.
pub async fn conditional(held: &[HeaderValue], response: Response<Body>) -> Response<Body> {
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    // The body is in memory already: no copy.
    let Ok(bytes) = to_bytes(body, usize::MAX).await else { return Response::from_parts(parts, Body::empty()) };
    let tag = of_bytes(&bytes);
    let is_held = is_held(held, &tag);
    parts.headers.insert(header::ETAG, tag);
    if is_held {
        parts.status = StatusCode::NOT_MODIFIED;
        parts.headers.remove(header::CONTENT_TYPE);
        return Response::from_parts(parts, Body::empty());
    }
    Response::from_parts(parts, bytes.into())
}

/// What the client has already: the values of `If-None-Match`.
pub fn held(headers: &HeaderMap) -> Vec<HeaderValue> {
    headers.get_all(header::IF_NONE_MATCH).iter().cloned().collect()
}

/// The `ETag` of a body.
pub fn of_bytes(body: &[u8]) -> HeaderValue {
    HeaderValue::try_from(format!("\"{:032x}\"", xxh3_128(body))).unwrap_or(HeaderValue::from_static("\"0\""))
}

/// Whether these values of `If-None-Match` name the tag.
pub fn is_held<'h>(held: impl IntoIterator<Item = &'h HeaderValue>, tag: &HeaderValue) -> bool {
    let quoted = tag.as_bytes();
    let opaque = quoted.strip_prefix(b"\"").and_then(|tag| tag.strip_suffix(b"\"")).unwrap_or(quoted);
    held.into_iter().any(|held| holds(held, opaque))
}

/// Weak comparison, as for `If-None-Match`. An invalid tag is ignored: the read gets a whole response.
fn holds(held: &HeaderValue, opaque: &[u8]) -> bool {
    let held = held.as_bytes().trim_ascii();
    held == b"*" || Tags(held).flatten().any(|tag| tag.opaque == opaque)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(lines: &[&'static str]) -> Result<Option<Versions>, Code> {
        let lines = lines.iter().map(|line| (header::IF_MATCH, HeaderValue::from_static(line)));
        Preconditions::read(&lines.collect()).map(|read| read.if_match).map_err(|refused| refused.code())
    }

    #[test]
    fn if_match_is_read_as_a_list_of_versions() {
        let one_of = |versions: &[i64]| Ok(Some(Versions::OneOf(versions.to_vec())));
        assert_eq!(read(&[]), Ok(None));
        assert_eq!(read(&["*"]), Ok(Some(Versions::Any)));
        for three_and_four in [r#""3", "4""#, r#""3","4""#, r#", "3",, ,"4" ,"#, "\"3\"\t,\t\"4\""] {
            assert_eq!(read(&[three_and_four]), one_of(&[3, 4]), "{three_and_four}");
        }
        assert_eq!(read(&[r#""3""#, "", r#""4","#]), one_of(&[3, 4]));
        for never_given in [r#"W/"3""#, r#""+3""#, r#""03""#, r#""three""#, r#""3,4""#, r#""""#, ",", ""] {
            assert_eq!(read(&[never_given]), one_of(&[]), "{never_given}");
        }
        for no_tag in ["3", r#""3"#, r#"3""#, r#"w/"3""#, r#""3" "4""#, r#""3 4""#, r#"*, "3""#, "**", r#""3"x"#] {
            assert_eq!(read(&[no_tag]), Err(Code::MalformedRequest), "{no_tag}");
        }
        assert_eq!(read(&["*", r#""3""#]), Err(Code::MalformedRequest));
    }

    #[test]
    fn what_a_client_holds_is_compared_weakly() {
        for held in [r#""ab""#, r#"W/"ab""#, r#""x,y", "ab","#, "*"] {
            assert!(holds(&HeaderValue::from_static(held), b"ab"), "{held}");
        }
        for other in [r#""x""#, "ab", r#""x,ab""#, r#""a b", "ab""#] {
            assert!(!holds(&HeaderValue::from_static(other), b"ab"), "{other}");
        }
    }
}
