//! The ids in a path. What is not an id of its kind names no row, so it is answered as one that is not there.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use serde::de::DeserializeOwned;

use super::problem::{Code, Problem};

/// The path's parameters, read as `P`.
#[derive(Clone, Copy, Debug)]
pub struct At<P>(pub P);

impl<P: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for At<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(path) = Path::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::new(Code::NotFound, "The path names no row: its id has not the form of one."))?;
        Ok(Self(path))
    }
}
