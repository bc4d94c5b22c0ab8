//! The body of a write that makes something of fields which are not the row's own, such as a booking.

use axum::body::Bytes;
use serde_json::json;

use super::{Write, WriteBody, sent::ask_of_writes};
use crate::{
    operation::describe::{Asks, Operation},
    wire::{
        input::{ActionFields, Reading},
        json::parse,
        problem::Problem,
    },
};

/// The fields of an action that has no meaning without a body.
pub struct RequiredBody<T>(Reading<T>);

impl<T> RequiredBody<T> {
    /// The fields, if they are valid.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn validated(self) -> Result<T, Problem> {
        self.0.validated()
    }
}

impl<T: ActionFields> WriteBody for RequiredBody<T> {
    const MEDIA_TYPES: &'static [&'static str] = &["application/json"];

    fn read(bytes: &Bytes) -> Result<Self, Problem> {
        let action = T::action();
        action.typed(action.check_new(parse(bytes)?)).map(Self)
    }
}

impl<C, T: ActionFields> Asks<C> for Write<RequiredBody<T>, C> {
    fn ask(operation: &mut Operation) {
        ask_of_writes(operation);
        let schema = operation.names(T::name().into_owned(), T::action().create_schema.clone());
        operation.body = Some(json!({"required": true, "content": {"application/json": {"schema": schema}}}));
        operation.problems.extend([413, 415, 422]);
    }
}
