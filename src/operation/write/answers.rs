//! What the OpenAPI document says about the answer of a write.

use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{Changed, Created, CreatedOrChanged, Gone, Kept, Leaves, Removed, Stop};
use crate::{
    operation::describe::{Answers, Operation, Shape},
    store::row::{Resource, Row},
    wire::schema,
};

impl<A: Answers> Answers for Result<A, Stop> {
    fn answer(operation: &mut Operation) {
        A::answer(operation);
    }
}

/// The headers of a row in its version.
pub(in crate::operation) fn versioned() -> Value {
    let text =
        |says: &str, example: &str| json!({"description": says, "schema": {"type": "string", "examples": [example]}});
    json!({"ETag": text("The row's version, in quotes.", "\"3\""),
        "Idempotency-Replayed": text("`true` when the answer repeats an earlier one.", "true")})
}

/// The headers of a new row.
fn of_new_row() -> Value {
    let mut headers = versioned();
    headers["Location"] = json!({"description": "The address of the new row, relative to that of the call.",
        "schema": {"type": "string", "format": "uri-reference"}});
    headers
}

/// What stands beside the row's fields in the answer of a dry run; `row` is what the call would answer.
fn of_dry_run(row: &Value) -> Value {
    json!({
        "dry_run": {"type": "boolean", "description": "`true` in the answer of a dry run: nothing was changed. Otherwise absent."},
        "result": {"oneOf": [row, {"type": "null"}], "description": "In the answer of a dry run, what the call would answer. Null where \
            the row would be gone."},
        "effects": {"type": "object", "description": "In the answer of a dry run, the effects on other rows."},
    })
}

/// The row as a write answers it: a dry run answers its fields as well, so that a client reads one type.
fn written<T: Resource>(operation: &mut Operation) -> Value {
    let row = operation.row::<T>();
    let beside = json!({"type": "object", "properties": of_dry_run(&row)});
    let whole = json!({"allOf": [row, beside], "examples": [operation.example_of(&T::name())],
        "description": "The row, as a write answers it. In the answer of a dry run, its fields are what they would be."});
    operation.names(format!("{}Result", T::name()), whole)
}

/// The same with the effects on other rows, which each such answer has.
fn written_with<T: Resource, E: ToSchema>(operation: &mut Operation) -> Value {
    let (row, name) = (operation.row::<T>(), format!("{}WithEffects", T::name()));
    let mut effects = operation.names(E::name().into_owned(), schema::for_answer(schema::inlined::<E>()));
    effects["description"] = json!("The effects on other rows.");
    let mut beside = json!({"type": "object", "required": ["effects"],
        "properties": of_dry_run(&json!({"$ref": format!("#/components/schemas/{name}")}))});
    beside["properties"]["effects"] = effects;
    let mut example = operation.example_of(&T::name());
    example["effects"] = operation.example_of(&E::name());
    let whole = json!({"allOf": [row, beside], "examples": [example],
        "description": "The row and the effects on other rows. In the answer of a dry run, its fields are what they would be."});
    operation.names(name, whole)
}

/// 200 is what a dry run alone is answered.
fn only_dry_run<T: Resource>(operation: &mut Operation) {
    let told = written::<T>(operation);
    operation.answer(200, "With `dry_run`: what the call would do.", Some(told), json!({}));
    let mut example = operation.example_of(&T::name());
    let result = example.clone();
    example["dry_run"] = json!(true);
    example["result"] = result;
    example["effects"] = json!({});
    operation.answers["200"]["content"]["application/json"]["example"] = example;
}

impl<T: Resource> Answers for Created<T> {
    fn answer(operation: &mut Operation) {
        let row = operation.row::<T>();
        operation.answer(201, "The new row.", Some(row), of_new_row());
        only_dry_run::<T>(operation);
    }
}

impl<T: Resource> Answers for CreatedOrChanged<T> {
    fn answer(operation: &mut Operation) {
        let row = operation.row::<T>();
        operation.answer(201, "The new row, or a former membership that starts again.", Some(row), of_new_row());
        let row = written::<T>(operation);
        operation.answer(
            200,
            "The existing row, invited again. With `dry_run`: what the call would do.",
            Some(row),
            versioned(),
        );
    }
}

impl<T: Resource> Answers for Changed<T> {
    fn answer(operation: &mut Operation) {
        let row = written::<T>(operation);
        operation.answer(200, "The changed row. With `dry_run`: what the call would do.", Some(row), versioned());
    }
}

impl<T: Resource, E: ToSchema> Answers for Changed<T, E> {
    fn answer(operation: &mut Operation) {
        let row = written_with::<T, E>(operation);
        operation.answer(
            200,
            "The changed row, and the effects on other rows. With `dry_run`: what the call would do.",
            Some(row),
            versioned(),
        );
    }
}

impl<T: Leaves> Answers for Kept<T> {
    fn answer(operation: &mut Operation) {
        let row = written::<T>(operation);
        let says = format!("The row, now `{}`. With `dry_run`: what the call would do.", T::STATUS);
        operation.answer(200, &says, Some(row), versioned());
    }
}

impl<T: Leaves, E: ToSchema> Answers for Kept<T, E> {
    fn answer(operation: &mut Operation) {
        let row = written_with::<T, E>(operation);
        let says = format!(
            "The row, now `{}`, and the effects on other rows. With `dry_run`: what the call would do.",
            T::STATUS
        );
        operation.answer(200, &says, Some(row), versioned());
    }
}

impl Answers for Gone {
    fn answer(operation: &mut Operation) {
        operation.answer(204, "The row was deleted.", None, json!({}));
        let told = json!({"type": "object", "required": ["dry_run", "result", "effects"],
            "examples": [{"dry_run": true, "result": null, "effects": {}}], "description": "A row that would be gone.", "properties": {
            "dry_run": {"type": "boolean", "description": "`true`: nothing was changed."},
            "result": {"description": "Null: the call would answer nothing."},
            "effects": {"type": "object", "description": "The effects on other rows."}}});
        let told = operation.names("DryRun".into(), told);
        operation.answer(200, "With `dry_run`: what the call would do.", Some(told), json!({}));
    }
}

impl<T: Leaves> Answers for Removed<T> {
    fn answer(operation: &mut Operation) {
        operation.answer(204, "The row was deleted.", None, json!({}));
        let row = operation.row::<T>();
        // One type without required fields, not a choice of two: a dry run of what would be gone has none of the row's.
        let mut left = <Row<T> as Shape>::schema();
        left.as_object_mut().map(|left| left.shift_remove("required"));
        if let (Value::Object(fields), Value::Object(more)) = (&mut left["properties"], of_dry_run(&row)) {
            fields.extend(more);
        }
        left["description"] =
            json!("The row that is kept. The answer of a dry run has its fields only if it would be kept.");
        let left = operation.names(format!("{}Removed", T::name()), left);
        let says = format!("The row is kept, and now `{}`. With `dry_run`: what the call would do.", T::STATUS);
        operation.answer(200, &says, Some(left), versioned());
    }
}
