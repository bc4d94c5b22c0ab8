//! What the OpenAPI document says about the answer of a write.

use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Changed, Created, CreatedOrChanged, Gone, Kept, Leaves, Removed, Stop};
use crate::{
    operation::describe::{Answers, Operation},
    store::row::Resource,
    wire::schema,
};

impl<A: Answers> Answers for Result<A, Stop> {
    fn answer(operation: &mut Operation) {
        A::answer(operation);
    }
}

/// The headers of a row in its version.
pub(in crate::operation) fn versioned() -> Value {
    json!({"ETag": {"description": "The row's version, in quotes.", "schema": {"type": "string", "examples": ["\"3\""]}},
        "Idempotency-Replayed": {"description": "`true` when the answer repeats an earlier one.", "schema": {"type": "string", "const": "true"}}})
}

/// A dry run is answered 200, whatever the call itself would be answered.
fn or_dry_run(row: &Value) -> Value {
    json!({"anyOf": [row, {"$ref": "#/components/schemas/DryRun"}]})
}

/// 200 is what a dry run alone is answered.
fn only_dry_run(operation: &mut Operation) {
    let told = json!({"$ref": "#/components/schemas/DryRun"});
    operation.answer(200, "With `dry_run`: what the call would do.", Some(told), json!({}));
}

impl<T: Resource> Answers for Created<T> {
    fn answer(operation: &mut Operation) {
        let row = operation.row::<T>();
        operation.answer(201, "The new row.", Some(row), versioned());
        only_dry_run(operation);
    }
}

impl<T: Resource> Answers for CreatedOrChanged<T> {
    fn answer(operation: &mut Operation) {
        let row = operation.row::<T>();
        operation.answer(201, "The new row, or a former membership that starts again.", Some(row.clone()), versioned());
        operation.answer(
            200,
            "The existing row, invited again. With `dry_run`: what the call would do.",
            Some(or_dry_run(&row)),
            versioned(),
        );
    }
}

impl<T: Resource> Answers for Changed<T> {
    fn answer(operation: &mut Operation) {
        let row = operation.row::<T>();
        operation.answer(
            200,
            "The changed row. With `dry_run`: what the call would do.",
            Some(or_dry_run(&row)),
            versioned(),
        );
    }
}

impl<T: Resource, E: ToSchema> Answers for Changed<T, E> {
    fn answer(operation: &mut Operation) {
        let row = operation.row::<T>();
        let effects = effects::<E>(operation);
        let with =
            json!({"allOf": [row, {"type": "object", "required": ["effects"], "properties": {"effects": effects}}]});
        operation.answer(
            200,
            "The changed row, and the effects on other rows. With `dry_run`: what the call would do.",
            Some(or_dry_run(&with)),
            versioned(),
        );
    }
}

/// What happened to other rows.
fn effects<E: ToSchema>(operation: &mut Operation) -> Value {
    operation.names(E::name().into_owned(), schema::for_answer(schema::inlined::<E>()))
}

/// The answer of a DELETE that keeps the row: the row, with its new status.
fn left<T: Leaves>(operation: &mut Operation, effects: Option<Value>) {
    let row = operation.row::<T>();
    // Not a `const`: generators of clients leave out an answer that combines one with a row.
    let status = json!({"type": "string", "enum": [T::STATUS], "description": "No longer active."});
    let mut says = format!("The row, now `{}`", T::STATUS);
    let mut beside = json!({"type": "object", "properties": {"status": status}});
    if let Some(effects) = effects {
        says.push_str(", and the effects on other rows");
        beside["required"] = json!(["effects"]);
        beside["properties"]["effects"] = effects;
    }
    says.push_str(". With `dry_run`: what the call would do.");
    operation.answer(200, &says, Some(or_dry_run(&json!({"allOf": [row, beside]}))), versioned());
}

impl<T: Leaves> Answers for Kept<T> {
    fn answer(operation: &mut Operation) {
        left::<T>(operation, None);
    }
}

impl<T: Leaves, E: ToSchema> Answers for Kept<T, E> {
    fn answer(operation: &mut Operation) {
        let effects = effects::<E>(operation);
        left::<T>(operation, Some(effects));
    }
}

impl Answers for Gone {
    fn answer(operation: &mut Operation) {
        operation.answer(204, "The row was deleted.", None, json!({}));
        only_dry_run(operation);
    }
}

impl<T: Leaves> Answers for Removed<T> {
    fn answer(operation: &mut Operation) {
        operation.answer(204, "The row was deleted.", None, json!({}));
        left::<T>(operation, None);
    }
}
