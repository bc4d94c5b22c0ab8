//! One answer that the [`answer_cache`](super::answer_cache) keeps: what of it is sent again, and for how long it is true.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    http::{HeaderValue, Response, StatusCode, header},
};

use crate::{
    store::clock::{Clock, Uptime},
    wire::{
        page::Validity,
        representations::{Representations, WantedForm},
    },
};

/// A larger answer is not kept.
const MOST_ANSWER_BYTES: usize = 256 * 1024;

/// An answer that is kept.
pub(super) struct CachedAnswer {
    content: CachedContent,
    content_type: Option<HeaderValue>,
    validity: Validity,
    read_at: Uptime,
}

/// What is sent.
enum CachedContent {
    /// The Storefront's: tagged by its bytes, compared with `If-None-Match`, and compressed. It has no secrets, so its length gives
    /// none away.
    Public(Box<Representations>),
    /// Management's: with the row's `ETag` where it is one row.
    Private { bytes: Bytes, tag: Option<HeaderValue> },
}

impl CachedAnswer {
    /// The answer of a response, or the response itself if it is not to be kept.
    pub(super) async fn of(response: Response<Body>, is_public: bool, read_at: Uptime) -> Result<Self, Response<Body>> {
        let validity = response.extensions().get().copied().unwrap_or(Validity::UntilChanged);
        let is_small = response.body().size_hint().exact().is_some_and(|bytes| bytes <= MOST_ANSWER_BYTES as u64);
        if response.status() != StatusCode::OK || !is_small || matches!(validity, Validity::Never) {
            return Err(response);
        }
        let (mut parts, body) = response.into_parts();
        let Ok(body) = to_bytes(body, MOST_ANSWER_BYTES).await else {
            return Err(Response::from_parts(parts, Body::empty()));
        };
        // Without the room that was left for a longer one.
        let bytes = Bytes::copy_from_slice(&body);
        let content = if is_public {
            CachedContent::Public(Box::new(Representations::of(bytes)))
        } else {
            CachedContent::Private { bytes, tag: parts.headers.remove(header::ETAG) }
        };
        Ok(Self { content, content_type: parts.headers.remove(header::CONTENT_TYPE), validity, read_at })
    }

    /// The bytes that it takes at most, compressed forms included.
    pub(super) fn max_bytes(&self) -> usize {
        match &self.content {
            CachedContent::Public(representations) => representations.max_bytes(),
            CachedContent::Private { bytes, .. } => bytes.len(),
        }
    }

    /// Whether it is true still, if nothing was written: no longer than its content says, and no longer than this.
    pub(super) fn is_true(&self, clock: &Clock, at_most: Duration) -> bool {
        clock.uptime() < self.read_at.plus(at_most) && self.validity.holds_at(clock.now())
    }

    /// The response that is wanted.
    pub(super) fn respond(&self, wanted: &WantedForm) -> Response<Body> {
        let mut response = match &self.content {
            CachedContent::Public(representations) => representations.respond(wanted),
            CachedContent::Private { bytes, tag } => {
                let mut response = Response::new(Body::from(bytes.clone()));
                response.headers_mut().extend(tag.clone().map(|tag| (header::ETAG, tag)));
                response
            }
        };
        let content_type = self.content_type.as_ref().filter(|_| response.status() == StatusCode::OK);
        response.headers_mut().extend(content_type.cloned().map(|kind| (header::CONTENT_TYPE, kind)));
        response
    }
}
