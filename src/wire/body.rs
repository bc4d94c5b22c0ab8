//! Reads a whole request body within limits of size and time.
//!
//! Called by handlers, after the guard has admitted the caller. Promises a clear [`Problem`] for every body that is too large,
//! too slow or cut off; an announced size is checked before reading.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, HttpBody},
    http::{HeaderMap, header},
};
use http_body_util::BodyExt;

use super::problem::{Code, Problem};

/// The largest body of an ordinary call.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
/// The timeout for an ordinary body.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads the body of an ordinary call.
///
/// # Errors
/// 413 for a body over [`MAX_BODY_BYTES`], 504 `timeout` for one that takes longer than [`BODY_TIMEOUT`] (our codes have no 408), 400
/// for one that is cut off.
pub async fn read(body: Body) -> Result<Bytes, Problem> {
    read_within(body, MAX_BODY_BYTES, BODY_TIMEOUT).await
}

/// Reads a body within other limits.
///
/// # Errors
/// As [`read`].
pub async fn read_within(body: Body, bytes: usize, time: Duration) -> Result<Bytes, Problem> {
    if usize::try_from(body.size_hint().lower()).is_ok_and(|announced| announced <= bytes) {
        tokio::time::timeout(time, gather(body, bytes)).await.unwrap_or_else(|_| Err(too_slow(time)))
    } else {
        Err(too_large(bytes))
    }
}

/// A single frame, the usual case, is not copied.
async fn gather(mut body: Body, bytes: usize) -> Result<Bytes, Problem> {
    let first = next(&mut body).await?.unwrap_or_default();
    if first.len() > bytes {
        return Err(too_large(bytes));
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let mut all = Vec::new();
    while let Some(more) = next(&mut body).await? {
        if all.is_empty() {
            all.extend_from_slice(&first);
        }
        if all.len() + more.len() > bytes {
            return Err(too_large(bytes));
        }
        all.extend_from_slice(&more);
    }
    Ok(if all.is_empty() { first } else { all.into() })
}

/// The next data frame; trailers are ignored.
async fn next(body: &mut Body) -> Result<Option<Bytes>, Problem> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Problem::malformed("The body ended early, or is not valid HTTP."))?;
        if let Ok(data) = frame.into_data()
            && !data.is_empty()
        {
            return Ok(Some(data));
        }
    }
    Ok(None)
}

/// What a body is said to be, without parameters such as `charset`; empty where nothing is said.
pub fn media_type(headers: &HeaderMap) -> &str {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    sent.split(';').next().unwrap_or_default().trim()
}

/// Rejects an encoded body: nothing here decodes one.
///
/// # Errors
/// `unsupported_media_type` for any `Content-Encoding` but `identity`.
pub fn check_coding(headers: &HeaderMap) -> Result<(), Problem> {
    let codings = headers.get_all(header::CONTENT_ENCODING).iter();
    let codings = codings.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    if codings.into_iter().all(|coding| coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    let detail = "Compressed or encoded bodies are not supported. Send the body without `Content-Encoding`.";
    Err(Problem::new(Code::UnsupportedMediaType, detail))
}

/// 413 with the limit.
pub fn too_large(bytes: usize) -> Problem {
    Problem::new(Code::BodyTooLarge, format!("The body is larger than {} KiB.", bytes / 1024))
}

fn too_slow(time: Duration) -> Problem {
    Problem::new(Code::Timeout, format!("The body did not arrive within {} seconds.", time.as_secs()))
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn pieces(pieces: &[&'static str]) -> Body {
        let pieces: Vec<_> =
            pieces.iter().map(|piece| Ok::<_, std::io::Error>(Bytes::from_static(piece.as_bytes()))).collect();
        Body::from_stream(stream::iter(pieces))
    }

    async fn code(body: Body) -> Code {
        read_within(body, 4, Duration::from_millis(10)).await.expect_err("refused").code()
    }

    #[tokio::test]
    async fn pieces_are_joined_in_order() {
        for body in [pieces(&["ab", "", "cd"]), pieces(&["abcd"]), Body::from("abcd")] {
            assert_eq!(read_within(body, 4, BODY_TIMEOUT).await.expect("a body"), "abcd");
        }
        assert!(read(Body::empty()).await.expect("a body").is_empty());
    }

    #[tokio::test]
    async fn too_much_too_slow_and_broken_are_told_apart() {
        assert_eq!(code(Body::from("abcde")).await, Code::BodyTooLarge);
        assert_eq!(code(pieces(&["abc", "de"])).await, Code::BodyTooLarge);
        assert_eq!(code(Body::from_stream(stream::pending::<Result<Bytes, std::io::Error>>())).await, Code::Timeout);
        let broken = stream::iter([Err::<Bytes, _>(std::io::Error::other("gone"))]);
        assert_eq!(code(Body::from_stream(broken)).await, Code::MalformedRequest);
    }
}
