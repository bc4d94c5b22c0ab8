//! A page of a list, and how large one is.

use std::marker::PhantomData;

use axum::{
    body::Body,
    http::{HeaderValue, Response, header},
    response::IntoResponse,
};
use serde::Serialize;

use super::problem::Problem;

/// The parameters of every list, beside its own.
pub const OF_EVERY_LIST: [&str; 5] = ["limit", "cursor", "id", "external_id", "updated_since"];
/// That of them which the Storefront does not have: what a studio's own systems call a row is not public.
pub const OF_MANAGEMENT: &str = "external_id";
/// Rows of a page that names no limit.
pub const DEFAULT_LIMIT: i64 = 25;
/// Rows of a page at the most.
pub const MOST: i64 = 100;
/// Bytes of a usual page: room that is taken at once, instead of by doubling.
pub const USUAL_BYTES: usize = 16 * 1024;

/// A page of a list, written out: the rows, and where the next page starts (`null` on the last).
#[derive(Debug)]
pub struct Page<P> {
    written: Result<Vec<u8>, Problem>,
    shape: PhantomData<P>,
}

impl<P> Page<P> {
    /// A page that was written out.
    pub fn of(written: Result<Vec<u8>, Problem>) -> Self {
        Self { written, shape: PhantomData }
    }
}

impl<P> IntoResponse for Page<P> {
    fn into_response(self) -> Response<Body> {
        self.written.map_or_else(IntoResponse::into_response, answer)
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
    // What a client reads slowly is held for long, at its own size.
    if json.capacity() > 2 * USUAL_BYTES {
        json.shrink_to_fit();
    }
    let mut response = Response::new(json.into());
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
