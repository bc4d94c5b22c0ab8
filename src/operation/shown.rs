//! One thing that is shown, not a list: it is asked for by its path alone.

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{Response, StatusCode, request::Parts},
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

/// A 200 with what belongs to the caller, as JSON; 404 where there is nothing.
#[derive(Debug)]
pub struct FoundOne<P>(pub P);

impl<P: Serialize> IntoResponse for FoundOne<P> {
    fn into_response(self) -> Response<Body> {
        answer(&self.0)
    }
}

impl<P: Shape> Answers for FoundOne<P> {
    fn answer(operation: &mut Operation) {
        let schema = operation.names(P::name(), P::schema());
        operation.answer(200, "What the caller has.", Some(schema), json!({}));
        operation.problems.push(404);
    }
}

/// A 201 with what was made and is shown this once, as JSON.
pub struct ShownOnce<P>(pub P);

impl<P: Serialize> IntoResponse for ShownOnce<P> {
    fn into_response(self) -> Response<Body> {
        let mut response = answer(&self.0);
        *response.status_mut() = StatusCode::CREATED;
        response
    }
}

impl<P: Shape> Answers for ShownOnce<P> {
    fn answer(operation: &mut Operation) {
        let schema = operation.names(P::name(), P::schema());
        operation.answer(201, "What was made. Only this answer shows it.", Some(schema), json!({}));
    }
}

/// A 204: it is gone.
#[derive(Clone, Copy, Debug)]
pub struct Ended;

impl IntoResponse for Ended {
    fn into_response(self) -> Response<Body> {
        StatusCode::NO_CONTENT.into_response()
    }
}

impl Answers for Ended {
    fn answer(operation: &mut Operation) {
        operation.answer(204, "There is none any more.", None, json!({}));
    }
}
