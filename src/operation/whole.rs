//! A row that is shown by itself, with other rows that belong to it beside its fields: the answer, and what it tells of
//! its operation.

use axum::{
    body::Body,
    http::{Response, header},
    response::IntoResponse,
};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    describe::{Answers, Operation, PublicShape, Shape},
    write::versioned,
};
use crate::{
    store::row::{Resource, Row},
    wire::{etag, page},
};

/// What stands beside the fields of a row.
pub trait ExtraFields: Serialize {
    /// What the row is called with them, after its own name: `WithClasses`.
    const NAME: &'static str;

    /// Its schema: an object of the fields that it adds, with an example.
    fn schema(operation: &mut Operation) -> Value;
}

/// A 200 with a row, and what belongs to it beside its fields.
#[derive(Debug)]
pub struct Whole<S, B> {
    shape: S,
    beside: B,
    version: Option<i64>,
}

impl<T: Resource, B> Whole<Row<T>, B> {
    /// A row of Management: its `ETag` is its version.
    pub fn versioned(row: Row<T>, beside: B) -> Self {
        Self { version: Some(row.version), shape: row, beside }
    }
}

impl<P: PublicShape, B> Whole<P, B> {
    /// A row of the Storefront, where the `ETag` is that of the bytes.
    pub fn public(shape: P, beside: B) -> Self {
        Self { shape, beside, version: None }
    }
}

impl<S: Serialize, B: Serialize> IntoResponse for Whole<S, B> {
    fn into_response(self) -> Response<Body> {
        #[derive(Serialize)]
        struct Flat<S, B> {
            #[serde(flatten)]
            shape: S,
            #[serde(flatten)]
            beside: B,
        }
        let Self { shape, beside, version } = self;
        let mut response = page::json(&Flat { shape, beside });
        if let Some(version) = version {
            response.headers_mut().insert(header::ETAG, etag::of_version(version));
        }
        response
    }
}

impl<T: Resource, B: ExtraFields> Answers for Whole<Row<T>, B> {
    fn answer(operation: &mut Operation) {
        answer::<Row<T>, B>(operation, json!({"ETag": versioned()["ETag"]}));
    }
}

impl<P: PublicShape, B: ExtraFields> Answers for Whole<P, B> {
    fn answer(operation: &mut Operation) {
        answer::<P, B>(operation, json!({}));
    }
}

fn answer<S: Shape, B: ExtraFields>(operation: &mut Operation, headers: Value) {
    let (row, beside) = (operation.names(S::name(), S::schema()), B::schema(operation));
    let mut example = operation.example_of(&S::name());
    if let (Value::Object(whole), Some(Value::Object(more))) = (&mut example, beside.pointer("/examples/0")) {
        whole.extend(more.clone());
    }
    let whole = json!({"allOf": [row, beside], "description": "The row and its related rows.", "examples": [example]});
    let whole = operation.names(format!("{}{}", S::name(), B::NAME), whole);
    operation.answer(200, "The row and its related rows.", Some(whole), headers);
}

/// A 200 with a row.
#[derive(Debug)]
pub struct OneRow<T: Resource>(pub Row<T>);

impl<T: Resource> IntoResponse for OneRow<T> {
    fn into_response(self) -> Response<Body> {
        let mut response = page::json(&self.0);
        response.headers_mut().insert(header::ETAG, etag::of_version(self.0.version));
        response
    }
}

impl<T: Resource> Answers for OneRow<T> {
    fn answer(operation: &mut Operation) {
        let schema = operation.row::<T>();
        operation.answer(200, "The row.", Some(schema), json!({"ETag": versioned()["ETag"]}));
    }
}
