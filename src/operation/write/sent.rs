//! The body of a write: a new row, a change of one, or the fields of an action such as a cancellation. Its types are checked
//! when it is read; its faults are reported later, with all others.

use std::marker::PhantomData;

use axum::body::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Draft, Write, read_only::ReadOnly};
use crate::{
    operation::{
        describe::{Asks, Operation, Shape},
        document::inner::{OF_CHANGE, OF_CREATION},
    },
    store::{moment::Moment, row::Row},
    wire::{
        form::Fields,
        input::{ActionFields, Input, Reading},
        json::parse,
        problem::Problem,
        schema,
    },
};

/// What a write's body is read as.
pub trait WriteBody: Sized {
    /// Media types that it comes in; none for a write without a body.
    const MEDIA_TYPES: &'static [&'static str];
    /// Whether it may be left away.
    const MAY_BE_ABSENT: bool = false;
    /// Reads it.
    ///
    /// # Errors
    /// When it is not JSON.
    fn read(bytes: &Bytes) -> Result<Self, Problem>;
}

/// A new row's fields.
pub struct New<T>(Reading<T>);
/// A new row's fields, or a merge patch of the row that turns out to be there.
pub struct NewOrChange<T> {
    new: Reading<T>,
    patch: Value,
}
/// The fields of an action, such as cancelling a membership. No body means `{}`.
pub struct ActionBody<T>(Reading<T>);
/// A merge patch of a row's fields.
pub struct Change<T> {
    patch: Reading<Value>,
    read_only: ReadOnly,
    of: PhantomData<fn() -> T>,
}
/// No body.
pub struct Nothing;

impl<T: Input> WriteBody for New<T> {
    const MEDIA_TYPES: &'static [&'static str] = &["application/json"];

    fn read(bytes: &Bytes) -> Result<Self, Problem> {
        Self::of(parse(bytes)?)
    }
}

impl<T: Input> New<T> {
    /// The fields of a new row, checked.
    ///
    /// # Errors
    /// When stand-ins alone have no type.
    pub fn of(fields: Value) -> Result<Self, Problem> {
        let input = T::input();
        input.typed(input.check_new(fields)).map(Self)
    }

    /// The same from a form.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn from_form(form: Fields) -> Result<Self, Problem> {
        Self::of(form.into_json(&T::input().create_schema))
    }

    /// The row that this makes.
    pub fn draft(self, now: Moment) -> Draft<'static, T> {
        Draft::new(now, self.0)
    }
}

impl<T: Input> WriteBody for NewOrChange<T> {
    const MEDIA_TYPES: &'static [&'static str] = &["application/json"];

    fn read(bytes: &Bytes) -> Result<Self, Problem> {
        let input = T::input();
        let checked = input.check_new(parse(bytes)?);
        let patch = checked.fields.clone();
        Ok(Self { new: input.typed(checked)?, patch })
    }
}

impl<T: Input> NewOrChange<T> {
    /// What was sent, as the fields of a new row.
    pub fn wanted(&self) -> &Reading<T> {
        &self.new
    }

    /// The new row that this makes.
    pub fn draft(&self, now: Moment) -> Draft<'static, T> {
        Draft::new(now, self.new.clone())
    }

    /// The next version of a row that is there, whose fields are taken to be `before`; what was not sent stays, and so
    /// does the field that it was found by.
    ///
    /// # Errors
    /// When the row is no JSON.
    pub fn onto<'c>(
        self,
        current: &'c Row<T>,
        before: &T,
        found_by: &str,
        now: Moment,
    ) -> Result<Draft<'c, T>, Problem> {
        let mut patch = Reading { fields: self.patch, faults: self.new.faults };
        patch.fields.as_object_mut().map(|fields| fields.remove(found_by));
        Ok(Draft::edit(current, now, T::input().change(before, &patch)?))
    }
}

impl<T: ActionFields> WriteBody for ActionBody<T> {
    const MEDIA_TYPES: &'static [&'static str] = &["application/json"];
    const MAY_BE_ABSENT: bool = true;

    fn read(bytes: &Bytes) -> Result<Self, Problem> {
        Self::of(if bytes.is_empty() { json!({}) } else { parse(bytes)? })
    }
}

impl<T: ActionFields> ActionBody<T> {
    /// The fields of this JSON, checked.
    ///
    /// # Errors
    /// When stand-ins alone have no type.
    pub fn of(fields: Value) -> Result<Self, Problem> {
        let action = T::action();
        action.typed(action.check_new(fields)).map(Self)
    }

    /// The same from a form.
    ///
    /// # Errors
    /// As [`of`](Self::of).
    pub fn from_form(form: Fields) -> Result<Self, Problem> {
        Self::of(form.into_json(&T::action().create_schema))
    }
}

impl<T> ActionBody<T> {
    /// The fields, if they are valid.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn validated(self) -> Result<T, Problem> {
        self.0.validated()
    }
}

impl<T: Input> WriteBody for Change<T> {
    const MEDIA_TYPES: &'static [&'static str] = &["application/json", "application/merge-patch+json"];

    fn read(bytes: &Bytes) -> Result<Self, Problem> {
        parse(bytes).map(Self::of)
    }
}

impl<T: Input> Change<T> {
    /// A merge patch, checked by itself.
    pub fn of(mut patch: Value) -> Self {
        let read_only = ReadOnly::of(T::input().take_read_only(&mut patch, T::BESIDE));
        Self { patch: T::input().check_patch(patch), read_only, of: PhantomData }
    }

    /// A change by a form: what it does not hold is kept, and an empty field clears.
    pub fn from_form(form: Fields) -> Self {
        Self::of(form.into_json(&T::input().change_schema))
    }

    /// Whether it says anything of a field, in a form that is right.
    pub fn names(&self, field: &str) -> bool {
        self.patch.fields.get(field).is_some()
    }

    /// Whether it sends back what stands beside the row where that is read by itself.
    pub fn names_extras(&self) -> bool {
        T::BESIDE.iter().any(|name| self.read_only.names(name))
    }

    /// Gives it what stands beside the row now, which it has to be when it is sent back.
    ///
    /// # Errors
    /// When that is no JSON.
    pub fn compare_beside(&mut self, shown: &impl Serialize) -> Result<(), Problem> {
        self.read_only.compare_beside(shown)
    }

    /// The next version of a row after this change.
    ///
    /// # Errors
    /// When the row is no JSON.
    pub fn onto<'c>(&self, current: &'c Row<T>, now: Moment) -> Result<Draft<'c, T>, Problem> {
        let mut read = T::input().change(&current.fields, &self.patch)?;
        read.faults.extend(self.read_only.faults(current)?);
        Ok(Draft::edit(current, now, read))
    }
}

impl WriteBody for Nothing {
    const MEDIA_TYPES: &'static [&'static str] = &[];

    fn read(_: &Bytes) -> Result<Self, Problem> {
        Ok(Self)
    }
}

pub(super) fn ask_of_writes(operation: &mut Operation) {
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
        let schema = operation.names(format!("{}{OF_CREATION}", T::name()), schema);
        operation.body = Some(json!({"required": true, "content": {"application/json": {"schema": schema}}}));
        operation.problems.extend([413, 415, 422]);
    }
}

impl<C, T: Input> Asks<C> for Write<NewOrChange<T>, C> {
    fn ask(operation: &mut Operation) {
        <Write<New<T>, C> as Asks<C>>::ask(operation);
    }
}

impl<C, T: ActionFields> Asks<C> for Write<ActionBody<T>, C> {
    fn ask(operation: &mut Operation) {
        ask_of_writes(operation);
        ask_if_match(operation);
        let schema = operation.names(T::name().into_owned(), T::action().create_schema.clone());
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
        for name in T::BESIDE {
            schema["properties"][name] = json!({"readOnly": true, "description": "As `GET` of this row shows it."});
        }
        schema["examples"] = json!([schema::example_of_change(create)]);
        let schema = operation.names(format!("{}{OF_CHANGE}", T::name()), schema);
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
