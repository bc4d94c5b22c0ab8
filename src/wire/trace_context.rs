//! The `traceparent` header of W3C Trace Context: to which trace a request belongs. The server reads it of every request, for its
//! log line and its span.
//!
//! Promises that nothing of a header is used unless all of it is valid, and that reading one allocates nothing. The propagator of
//! OpenTelemetry's SDK takes ids that are too short or have a sign, and the first of several headers.

use axum::http::{HeaderMap, HeaderName};
use opentelemetry::trace::{SpanId, TraceId};

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Bytes of `VERSION-TRACE-PARENT-FLAGS` in hexadecimal digits: all of version 00, and the beginning of later ones.
const LENGTH: usize = 55;
/// The flag of a caller that records the trace.
const SAMPLED: u8 = 1;

/// What a caller says of the trace that its request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceParent {
    /// The trace.
    pub trace_id: TraceId,
    /// The caller's span.
    pub span_id: SpanId,
    /// Whether the caller records it.
    pub is_sampled: bool,
}

impl TraceParent {
    /// What the headers of a request say, if they have one `traceparent` and it is valid.
    pub fn sent(headers: &HeaderMap) -> Option<Self> {
        let mut sent = headers.get_all(TRACEPARENT).iter();
        let text = sent.next()?.as_bytes();
        if sent.next().is_some() {
            return None;
        }
        Self::parse(text)
    }

    fn parse(text: &[u8]) -> Option<Self> {
        let (known, more) = text.split_at_checked(LENGTH)?;
        let mut fields = known.split(|byte| *byte == b'-');
        let version = number(fields.next()?, 2)?;
        // Later versions may add fields; 255 is not a version.
        let may_have_more = version > 0 && more.first() == Some(&b'-');
        if version == 255 || !(more.is_empty() || may_have_more) {
            return None;
        }
        let trace_id = TraceId::from(number(fields.next()?, 32)?);
        let span_id = SpanId::from(u64::try_from(number(fields.next()?, 16)?).ok()?);
        let flags = u8::try_from(number(fields.next()?, 2)?).ok()?;
        let is_valid = trace_id != TraceId::INVALID && span_id != SpanId::INVALID;
        is_valid.then_some(Self { trace_id, span_id, is_sampled: flags & SAMPLED == SAMPLED })
    }
}

/// The number that exactly so many digits are; capital letters are none.
fn number(digits: &[u8], length: usize) -> Option<u128> {
    let are_digits = digits.len() == length && digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
    u128::from_str_radix(str::from_utf8(digits).ok().filter(|_| are_digits)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    fn sent(values: &[&str]) -> Option<TraceParent> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRACEPARENT, HeaderValue::from_bytes(value.as_bytes()).expect("a header value"));
        }
        TraceParent::sent(&headers)
    }

    #[test]
    fn a_valid_header_names_trace_and_span() {
        for (flags, is_sampled) in [("00", false), ("01", true), ("02", false), ("03", true), ("ff", true)] {
            let read = sent(&[&format!("00-{TRACE}-{SPAN}-{flags}")]).expect("valid");
            assert_eq!((read.trace_id.to_string(), read.span_id.to_string()), (TRACE.to_owned(), SPAN.to_owned()));
            assert_eq!(read.is_sampled, is_sampled, "{flags}");
        }
    }

    #[test]
    fn a_later_version_may_say_more_at_the_end() {
        for header in [format!("01-{TRACE}-{SPAN}-01"), format!("cc-{TRACE}-{SPAN}-01-what-the-future-will-be-like")] {
            assert!(sent(&[&header]).is_some_and(|read| read.is_sampled), "{header}");
        }
    }

    #[test]
    fn what_is_not_valid_as_a_whole_is_not_used() {
        let long = "0".repeat(8000);
        for header in [
            String::new(),
            "00".to_owned(),
            long.clone(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-"),
            format!("00-{TRACE}-{SPAN}-1"),
            format!("00-{TRACE}-{SPAN}-01-"),
            format!("00-{TRACE}-{SPAN}-01-more"),
            format!("00-{TRACE}-{SPAN}-01{long}"),
            format!("01-{TRACE}-{SPAN}-01.more"),
            format!("ff-{TRACE}-{SPAN}-01"),
            format!("0-0{TRACE}-{SPAN}-01"),
            format!("+0-{TRACE}-{SPAN}-01"),
            format!("00-{}-{SPAN}-01", TRACE.to_uppercase()),
            format!("00-{TRACE}-{}-01", SPAN.to_uppercase()),
            format!("00-{TRACE}-{SPAN}-0A"),
            format!("00-{}-{SPAN}-01", "0".repeat(32)),
            format!("00-{TRACE}-{}-01", "0".repeat(16)),
            format!("00-+{}-{SPAN}-01", &TRACE[1..]),
            format!("00-{}--{SPAN}-01", &TRACE[1..]),
            format!("00_{TRACE}_{SPAN}_01"),
            format!("00-{}g-{SPAN}-01", &TRACE[1..]),
            format!("00-{}é-{SPAN}-01", &TRACE[2..]),
        ] {
            assert_eq!(sent(&[&header]), None, "{header}");
        }
    }

    #[test]
    fn several_headers_say_nothing() {
        let header = format!("00-{TRACE}-{SPAN}-01");
        assert_eq!(sent(&[&header, &header]), None);
        assert_eq!(sent(&[&format!("{header},{header}")]), None);
        assert_eq!(sent(&[]), None);
    }
}
