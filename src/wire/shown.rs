//! One thing that is shown, not a list.

use axum::{body::Body, http::Response, response::IntoResponse};
use serde::Serialize;

use super::page::json;

/// A 200 with this, as JSON.
#[derive(Debug)]
pub struct Shown<P>(pub P);

impl<P: Serialize> IntoResponse for Shown<P> {
    fn into_response(self) -> Response<Body> {
        json(&self.0)
    }
}
