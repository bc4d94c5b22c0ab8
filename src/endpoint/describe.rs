//! What a handler's arguments tell of its operation: each says what it asks of the caller. Its result speaks in
//! `answers`. Read once, when a document is made.

use axum::extract::State;
use serde_json::{Map, Value, json};
use utoipa::{IntoParams, PartialSchema, ToSchema, openapi::path::ParameterIn};

use crate::{
    access::caller::KeyCaller,
    app::App,
    store::{
        id::{Id, Named},
        row::{Resource, Row},
    },
    wire::{
        at::At,
        input::{Form, Input},
        page::Asked,
        schema,
        shown::NoQuery,
        write::{Change, New, NewOrChange, Nothing, Told, Write},
    },
};

/// An operation as the document has it.
#[derive(Clone, Debug, Default)]
pub struct Operation {
    /// The path.
    pub path: &'static str,
    /// OpenAPI parameters.
    pub parameters: Vec<Value>,
    /// An OpenAPI request body.
    pub body: Option<Value>,
    /// OpenAPI responses by status.
    pub answers: Map<String, Value>,
    /// The schemas that it names.
    pub schemas: Map<String, Value>,
    /// The statuses of the problems that its handler may answer, beyond those of every call.
    pub problems: Vec<u16>,
}

/// Something that is answered: it has a name and a schema in the document.
pub trait Shape {
    /// Its name.
    fn name() -> String;
    /// Its schema, whole.
    fn schema() -> Value;
}

/// A public shape of the Storefront: it lists the fields that everyone may see.
pub trait PublicShape: ToSchema {}

impl<P: PublicShape> Shape for P {
    fn name() -> String {
        <P as ToSchema>::name().into_owned()
    }

    fn schema() -> Value {
        schema::for_answer(schema::inlined::<P>())
    }
}

impl<T: Resource> Shape for Row<T> {
    fn name() -> String {
        T::name().into_owned()
    }

    fn schema() -> Value {
        let id = serde_json::to_value(Id::<T>::schema()).unwrap_or_default();
        schema::for_answer(schema::for_row(&schema::inlined::<T>(), id))
    }
}

impl Operation {
    /// An operation on a path.
    #[must_use]
    pub fn new(path: &'static str) -> Self {
        Self { path, ..Self::default() }
    }

    /// Keeps a schema under its name, with an example of the whole.
    pub(crate) fn names(&mut self, name: String, mut schema: Value) -> Value {
        if schema.get("examples").is_none() {
            schema["examples"] = json!([schema::example(&schema)]);
        }
        let link = json!({"$ref": format!("#/components/schemas/{name}")});
        self.schemas.insert(name, schema);
        link
    }

    fn query(&mut self, name: &str, schema: Value, says: &str) {
        self.parameter("query", name, schema, says);
    }

    fn header(&mut self, name: &str, schema: Value, says: &str) {
        self.parameter("header", name, schema, says);
    }

    fn parameter(&mut self, place: &str, name: &str, schema: Value, says: &str) {
        let mut parameter = json!({"name": name, "in": place, "description": says});
        parameter["schema"] = schema;
        self.parameters.push(parameter);
    }

    pub(super) fn answer(&mut self, status: u16, says: &str, schema: Option<Value>, headers: Value) {
        let mut answer = json!({"description": says});
        answer["headers"] = headers;
        if let Some(schema) = schema {
            answer["content"] = json!({"application/json": {"schema": schema}});
        }
        self.answers.insert(status.to_string(), answer);
    }

    pub(super) fn row<T: Resource>(&mut self) -> Value {
        self.names(<Row<T> as Shape>::name(), <Row<T> as Shape>::schema())
    }
}

/// An argument of a handler for the caller `C`.
pub trait Asks<C> {
    /// What it asks of the caller.
    fn ask(operation: &mut Operation);
}

impl<C> Asks<C> for State<App> {
    fn ask(_: &mut Operation) {}
}

impl Asks<KeyCaller> for KeyCaller {
    fn ask(_: &mut Operation) {}
}

impl<C> Asks<C> for NoQuery {
    fn ask(_: &mut Operation) {}
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

fn id_schema<T: Named>() -> (Value, &'static str) {
    (serde_json::to_value(Id::<T>::schema()).unwrap_or_default(), T::NOUN)
}

impl<C, T: Named> Asks<C> for At<Id<T>> {
    fn ask(operation: &mut Operation) {
        path_parameters(operation, &[id_schema::<T>()]);
    }
}

impl<C, A: Named, B: Named> Asks<C> for At<(Id<A>, Id<B>)> {
    fn ask(operation: &mut Operation) {
        path_parameters(operation, &[id_schema::<A>(), id_schema::<B>()]);
    }
}

impl<C, T: Resource, F: IntoParams> Asks<C> for Asked<T, F, C> {
    fn ask(operation: &mut Operation) {
        operation.query(
            "limit",
            json!({"type": "integer", "default": 25}),
            "The number of rows on a page, 1 to 100. A value out of range is clamped.",
        );
        operation.query(
            "cursor",
            json!({"type": "string", "format": "cursor"}),
            "The `next_cursor` of the previous page. Send the same filters.",
        );
        operation.query("id", id_schema::<T>().0, "Only the row with this id.");
        operation.query("external_id", json!({"type": "string"}), "Only the row with this `external_id`.");
        operation.query(
            "updated_since",
            json!({"type": "string", "format": "date-time"}),
            "Only rows created or changed at this instant or later, in the order of their last change.",
        );
        for parameter in F::into_params(|| Some(ParameterIn::Query)) {
            let mut parameter = serde_json::to_value(parameter).unwrap_or_default();
            parameter["schema"] = schema::for_query(parameter["schema"].take());
            operation.parameters.push(parameter);
        }
        operation.problems.push(400);
    }
}

fn ask_of_writes(operation: &mut Operation) {
    operation.query(
        "dry_run",
        json!({"type": "boolean", "default": false}),
        "`true`: check the call, answer 200 with what it would do, and change nothing.",
    );
    operation.header(
        "Idempotency-Key",
        json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"}),
        "Makes a retry safe: for at least 24 hours, the same key with the same request gets the first answer again.",
    );
    operation.problems.extend([400, 409]);
    let dry = json!({"type": "object", "required": ["dry_run", "result", "effects"], "description": "What the call would do; nothing was changed.",
        "examples": [{"dry_run": true, "result": {}, "effects": {}}],
        "properties": {"dry_run": {"type": "boolean", "const": true, "description": "Always `true`: nothing was changed."}, "result": {"description": "The answer that the call would get."},
            "effects": {"type": "object", "description": "The effects on other rows."}}});
    operation.schemas.insert("DryRun".into(), dry);
}

fn ask_if_match(operation: &mut Operation) {
    operation.header(
        "If-Match",
        json!({"type": "string", "format": "entity-tags", "examples": ["\"3\""]}),
        "The `ETag` of the version you read, several of them, or `*`. If the row has another version, the answer is 412. `If-None-Match` is honoured as well.",
    );
    operation.problems.extend([404, 412]);
}

impl<C, T: Input> Asks<C> for Write<New<T>, C> {
    fn ask(operation: &mut Operation) {
        ask_of_writes(operation);
        let mut schema = T::input().create_schema.clone();
        // What is absent is what the type says that it is.
        if let Ok(least) = T::input().create::<T>(schema::example_of_change(&schema))
            && let Ok(Value::Object(least)) = serde_json::to_value(least)
        {
            schema::note_defaults(&mut schema, &least);
        }
        let schema = operation.names(format!("New{}", T::name()), schema);
        operation.body = Some(json!({"required": true, "content": {"application/json": {"schema": schema}}}));
        operation.problems.extend([413, 415, 422]);
    }
}

impl<C, T: Input> Asks<C> for Write<NewOrChange<T>, C> {
    fn ask(operation: &mut Operation) {
        <Write<New<T>, C> as Asks<C>>::ask(operation);
    }
}

impl<C, T: Form> Asks<C> for Write<Told<T>, C> {
    fn ask(operation: &mut Operation) {
        ask_of_writes(operation);
        ask_if_match(operation);
        let schema = operation.names(T::name().into_owned(), T::form().create_schema.clone());
        operation.body = Some(json!({"required": false, "content": {"application/json": {"schema": schema}}}));
        operation.problems.extend([413, 415, 422]);
    }
}

impl<C, T: Input> Asks<C> for Write<Change<T>, C> {
    fn ask(operation: &mut Operation) {
        ask_of_writes(operation);
        ask_if_match(operation);
        let (create, change) = (&T::input().create_schema, &T::input().change_schema);
        let mut schema = schema::with_read_only(change, &<Row<T> as Shape>::schema());
        schema["examples"] = json!([schema::example_of_change(create)]);
        let schema = operation.names(format!("{}Patch", T::name()), schema);
        operation.body = Some(
            json!({"required": true, "description": "A JSON Merge Patch (RFC 7396): what is absent is kept, `null` clears. You may send a whole row back: read-only fields are accepted if they equal the row's, and refused otherwise.",
            "content": {"application/json": {"schema": schema}, "application/merge-patch+json": {"schema": schema}}}),
        );
        operation.problems.extend([413, 415, 422]);
    }
}

impl<C> Asks<C> for Write<Nothing, C> {
    fn ask(operation: &mut Operation) {
        ask_of_writes(operation);
        ask_if_match(operation);
        operation.problems.extend([413, 415, 422]);
    }
}
