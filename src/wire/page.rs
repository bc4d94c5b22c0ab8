//! Pages of lists, and their sizes.

use std::marker::PhantomData;

use axum::{
    body::Body,
    http::{HeaderValue, Response, header},
    response::IntoResponse,
};
use serde::Serialize;

use super::problem::Problem;
use crate::store::instant::Instant;

/// The common parameters of lists.
pub const LIST_PARAMETERS: [&str; 5] = ["limit", "cursor", "id", "external_id", "updated_since"];
/// The one that the Storefront and Members lack: the ids of a studio's own systems are not public.
pub const MANAGEMENT_ONLY_PARAMETER: &str = "external_id";
/// The default page size.
pub const DEFAULT_LIMIT: i64 = 25;
/// The largest page size.
pub const MAX_LIMIT: i64 = 100;
/// The usual size of a page in bytes, allocated at once.
pub const USUAL_BYTES: usize = 16 * 1024;

/// A serialized page: the rows, and the cursor of the next page (`null` on the last).
#[derive(Debug)]
pub struct Page<P> {
    written: Result<Vec<u8>, Problem>,
    validity: Validity,
    shape: PhantomData<P>,
}

/// How long an answer stays true, as an extension of the response. Without one: until its rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// Until its rows are written.
    UntilChanged,
    /// At these times, the ends included, and until its rows are written: it depends on the clock.
    Between(Instant, Instant),
    /// Not beyond the moment: it depends on more than its rows and the clock.
    Never,
}

impl Validity {
    /// Whether the answer is true at this time, if its rows have not been written.
    pub fn holds_at(self, now: Instant) -> bool {
        match self {
            Self::UntilChanged => true,
            Self::Between(from, to) => (from..=to).contains(&now),
            Self::Never => false,
        }
    }
}

impl<P> Page<P> {
    /// A serialized page.
    pub fn of(written: Result<Vec<u8>, Problem>) -> Self {
        Self { written, validity: Validity::UntilChanged, shape: PhantomData }
    }

    /// The same, true for this long, if it was so until it is changed.
    pub fn true_for(self, validity: Validity) -> Self {
        if self.validity == Validity::UntilChanged { Self { validity, ..self } } else { self }
    }
}

impl<P> IntoResponse for Page<P> {
    fn into_response(self) -> Response<Body> {
        let mut response = self.written.map_or_else(IntoResponse::into_response, answer);
        if self.validity != Validity::UntilChanged {
            response.extensions_mut().insert(self.validity);
        }
        response
    }
}

/// A 200 with a JSON body.
pub fn json(value: &impl Serialize) -> Response<Body> {
    let mut bytes = Vec::with_capacity(USUAL_BYTES);
    match serde_json::to_writer(&mut bytes, value) {
        Ok(()) => answer(bytes),
        Err(error) => Problem::internal(error).into_response(),
    }
}

fn answer(mut json: Vec<u8>) -> Response<Body> {
    // Shrink: a slow client may hold the buffer for long.
    if json.capacity() > 2 * USUAL_BYTES {
        json.shrink_to_fit();
    }
    let mut response = Response::new(json.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
