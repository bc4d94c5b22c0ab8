//! Bytes that many ask for: whole, and in each content coding, each with its `ETag` (RFC 9110, section 8.8.3). Kept answers of the
//! Storefront and the files inside the binary are sent from here.
//!
//! Promises that a coding is computed once, when it is first asked for, and that nobody waits for it: who asks meanwhile gets the
//! whole; that the codings together take at most one and a half
//! times the whole; and that a client which holds the whole or the asked coding gets 304.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};

use super::{encoding::ContentEncoding, etag};

/// Less fits into one packet beside the head: compressed, it would not arrive sooner.
const MIN_BYTES: usize = 1024;
/// A coding is kept if it saves half of the bytes at least: the whole is divided by this.
const WORTHWHILE: usize = 2;

/// What a request says of the representation that it wants.
#[derive(Clone, Debug, Default)]
pub struct WantedForm {
    held: Vec<HeaderValue>,
    encoding: Option<ContentEncoding>,
}

impl WantedForm {
    /// Reads `If-None-Match` and `Accept-Encoding`.
    pub fn of(headers: &HeaderMap) -> Self {
        Self { held: etag::held(headers), encoding: ContentEncoding::accepted(headers) }
    }

    /// What the client has already: the values of `If-None-Match`.
    pub fn held(&self) -> &[HeaderValue] {
        &self.held
    }

    /// The same, not compressed.
    pub fn whole(self) -> Self {
        Self { encoding: None, ..self }
    }
}

/// The same content, in every form that it is sent in.
#[derive(Debug)]
pub struct Representations {
    whole: Tagged,
    compressed: [OnceLock<Option<Tagged>>; ContentEncoding::ALL.len()],
    /// Which of them somebody has begun to compute.
    is_claimed: [AtomicBool; ContentEncoding::ALL.len()],
}

/// Bytes and their `ETag`.
#[derive(Debug)]
struct Tagged {
    bytes: Bytes,
    tag: HeaderValue,
}

impl Tagged {
    fn new(bytes: Bytes) -> Self {
        Self { tag: etag::of_bytes(&bytes), bytes }
    }
}

impl Representations {
    /// Those of these bytes.
    pub fn of(bytes: Bytes) -> Self {
        Self { whole: Tagged::new(bytes), compressed: Default::default(), is_claimed: Default::default() }
    }

    /// The bytes that this takes at most.
    pub fn max_bytes(&self) -> usize {
        let whole = self.whole.bytes.len();
        if self.may_be_compressed() { whole + whole / WORTHWHILE * ContentEncoding::ALL.len() } else { whole }
    }

    /// The response that is wanted: 200, or 304 if the client has it already. Without a media type.
    pub fn respond(&self, wanted: &WantedForm) -> Response<Body> {
        let compressed = wanted.encoding.and_then(|coding| Some((self.compressed(coding)?, coding)));
        let form = compressed.map_or(&self.whole, |(form, _)| form);
        let held = [form, &self.whole].into_iter().find(|form| etag::is_held(&wanted.held, &form.tag));
        let mut response = Response::new(Body::empty());
        if held.is_some() {
            *response.status_mut() = StatusCode::NOT_MODIFIED;
        } else {
            *response.body_mut() = form.bytes.clone().into();
            if let Some((_, coding)) = compressed {
                response.headers_mut().insert(header::CONTENT_ENCODING, coding.header());
            }
        }
        let tag = &held.unwrap_or(form).tag;
        response.headers_mut().insert(header::ETAG, tag.clone());
        if self.may_be_compressed() {
            response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        response
    }

    fn may_be_compressed(&self) -> bool {
        self.whole.bytes.len() >= MIN_BYTES
    }

    fn compressed(&self, coding: ContentEncoding) -> Option<&Tagged> {
        if !self.may_be_compressed() {
            return None;
        }
        let compress = || {
            let bytes = coding.compress(&self.whole.bytes).ok()?;
            (bytes.len() <= self.whole.bytes.len() / WORTHWHILE).then(|| Tagged::new(Bytes::copy_from_slice(&bytes)))
        };
        let form = &self.compressed[coding.index()];
        if form.get().is_none() && !self.is_claimed[coding.index()].swap(true, Ordering::Relaxed) {
            form.set(compress()).ok();
        }
        form.get()?.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use axum::body::HttpBody;

    use super::*;

    fn wanted(lines: &[(header::HeaderName, &str)]) -> WantedForm {
        WantedForm::of(&lines.iter().map(|(name, line)| (name.clone(), line.parse().unwrap())).collect())
    }

    fn text_of(response: &Response<Body>, name: header::HeaderName) -> Option<String> {
        response.headers().get(name).map(|value| value.to_str().unwrap().to_owned())
    }

    #[test]
    fn what_is_short_or_does_not_shrink_is_sent_whole() {
        let mut state = 1_u64;
        let chance: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .take(4096)
        .collect();
        let short = vec![b'a'; MIN_BYTES - 1];
        for (bytes, vary) in [(short, None), (chance, Some("Accept-Encoding".to_owned()))] {
            let length = bytes.len() as u64;
            let forms = Representations::of(bytes.into());
            let sent = forms.respond(&wanted(&[(header::ACCEPT_ENCODING, "br, gzip")]));
            assert_eq!(text_of(&sent, header::CONTENT_ENCODING), None);
            assert_eq!(sent.body().size_hint().exact(), Some(length));
            assert_eq!(text_of(&sent, header::VARY), vary);
        }
    }

    #[test]
    fn each_form_has_its_own_tag_and_a_held_one_is_304() {
        let forms = Representations::of(vec![b'a'; MIN_BYTES].into());
        let whole = text_of(&forms.respond(&WantedForm::default()), header::ETAG).unwrap();
        let br = forms.respond(&wanted(&[(header::ACCEPT_ENCODING, "br")]));
        let tag = text_of(&br, header::ETAG).unwrap();
        assert_eq!((br.status(), text_of(&br, header::CONTENT_ENCODING).as_deref()), (StatusCode::OK, Some("br")));
        assert_ne!(tag, whole);
        for held in [&tag, &whole] {
            let answer = forms.respond(&wanted(&[(header::ACCEPT_ENCODING, "br"), (header::IF_NONE_MATCH, held)]));
            assert_eq!(answer.status(), StatusCode::NOT_MODIFIED);
            assert_eq!(text_of(&answer, header::ETAG).as_ref(), Some(held));
            assert_eq!(text_of(&answer, header::CONTENT_ENCODING), None);
            assert_eq!(answer.body().size_hint().exact(), Some(0));
        }
        let other = forms.respond(&wanted(&[(header::ACCEPT_ENCODING, "gzip"), (header::IF_NONE_MATCH, &tag)]));
        assert_eq!(text_of(&other, header::CONTENT_ENCODING).as_deref(), Some("gzip"), "that tag is of another form");
        assert!(forms.max_bytes() >= MIN_BYTES * 2);
    }
}
