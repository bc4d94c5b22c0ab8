//! The ids in a path. What is not an id of its kind names no row, so it is answered as one that is not there.

use axum::{
    extract::{FromRequestParts, Path},
    http::request::Parts,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::describe::{Asks, Operation, id_schema};
use crate::{
    store::id::{Id, Named},
    wire::problem::{Code, Problem},
};

/// The ids in a path, read as `P`.
#[derive(Clone, Copy, Debug)]
pub struct PathIds<P>(pub P);

impl<P: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for PathIds<P> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Path(path) = Path::from_request_parts(parts, state)
            .await
            .map_err(|_| Problem::new(Code::NotFound, "No row has this id: the path has no valid id."))?;
        Ok(Self(path))
    }
}

/// The names in a path, in order, each with the schema of its id.
fn path_parameters(operation: &mut Operation, ids: &[(Value, &'static str)]) {
    let names = operation.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    for (name, (schema, noun)) in names.zip(ids) {
        let says = format!("The id of the {noun}.");
        operation
            .parameters
            .push(json!({"name": name, "in": "path", "required": true, "description": says, "schema": schema}));
    }
    operation.problems.push(404);
}

impl<C, T: Named> Asks<C> for PathIds<Id<T>> {
    fn ask(operation: &mut Operation) {
        path_parameters(operation, &[id_schema::<T>()]);
    }
}

impl<C, A: Named, B: Named> Asks<C> for PathIds<(Id<A>, Id<B>)> {
    fn ask(operation: &mut Operation) {
        path_parameters(operation, &[id_schema::<A>(), id_schema::<B>()]);
    }
}
