//! One thing that is shown, not a list: it is asked for by its path alone.

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{Response, request::Parts},
    response::IntoResponse,
};
use serde::Serialize;
use serde_json::json;

use super::describe::{Answers, Asks, Operation, PublicShape, Shape};
use crate::wire::{
    page::json as answer,
    problem::Problem,
    query::{query_pairs, reject_unknown},
};

/// A query that says nothing: a parameter that would be passed over is refused, as everywhere else.
#[derive(Clone, Copy, Debug)]
pub struct NoQuery;

impl<S: Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        reject_unknown(&query_pairs(parts)?, Vec::new).map(|()| Self)
    }
}

/// A 200 with this, as JSON.
#[derive(Debug)]
pub struct Shown<P>(pub P);

impl<P: Serialize> IntoResponse for Shown<P> {
    fn into_response(self) -> Response<Body> {
        answer(&self.0)
    }
}

impl<C> Asks<C> for NoQuery {
    fn ask(_: &mut Operation) {}
}

impl<P: PublicShape> Answers for Shown<P> {
    fn answer(operation: &mut Operation) {
        let schema = operation.names(<P as Shape>::name(), <P as Shape>::schema());
        operation.answer(200, "The studio's public data.", Some(schema), json!({}));
    }
}
