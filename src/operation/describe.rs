//! An operation as its document has it: what a handler's arguments ask of the caller, and what its result answers. Each
//! extractor and each answer says its part beside itself. Read once, when a document is made.

use axum::extract::State;
use serde_json::{Map, Value, json};
use utoipa::{PartialSchema, ToSchema};

use super::app::App;
use crate::{
    access::{caller::KeyCaller, member_tokens::caller::MemberCaller},
    store::{
        id::{Id, Named},
        row::{Resource, Row},
    },
    wire::{problem::Problem, schema},
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

/// Says that a type is answered to the one whom it concerns: its shape is its schema.
macro_rules! own_shape {
    ($($name:ident)*) => {$(
        impl $crate::operation::describe::Shape for $name {
            fn name() -> String {
                <Self as ::utoipa::ToSchema>::name().into_owned()
            }

            fn schema() -> ::serde_json::Value {
                $crate::wire::schema::for_answer($crate::wire::schema::inlined::<Self>())
            }
        }
    )*};
}
pub(crate) use own_shape;

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

    pub(super) fn query(&mut self, name: &str, schema: Value, says: &str) {
        self.parameter("query", name, schema, says);
    }

    pub(super) fn header(&mut self, name: &str, schema: Value, says: &str) {
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

    /// The example of a schema that was named.
    pub(crate) fn example_of(&self, name: &str) -> Value {
        self.schemas.get(name).and_then(|schema| schema.pointer("/examples/0")).cloned().unwrap_or_default()
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

impl Asks<MemberCaller> for MemberCaller {
    fn ask(_: &mut Operation) {}
}

/// The schema of an id, and what it is the id of.
pub(super) fn id_schema<T: Named>() -> (Value, &'static str) {
    (serde_json::to_value(Id::<T>::schema()).unwrap_or_default(), T::NOUN)
}

/// A handler's result.
pub trait Answers {
    /// What it answers.
    fn answer(operation: &mut Operation);
}

impl<A: Answers> Answers for Result<A, Problem> {
    fn answer(operation: &mut Operation) {
        A::answer(operation);
    }
}
