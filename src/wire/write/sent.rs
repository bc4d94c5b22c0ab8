//! What a write's body says: a new row, a change of one, or what a word of a resource's own is told. Its form is checked
//! when it is read; what is wrong with it is told later, with all else.

use std::marker::PhantomData;

use axum::body::Bytes;
use serde_json::{Value, json};

use super::{Draft, read_only::ReadOnly};
use crate::{
    store::{moment::Moment, row::Row},
    wire::{
        input::{Form, Input, Reading},
        json::parse,
        problem::Problem,
    },
};

/// What a write's body is read as.
pub trait Sent: Sized {
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
/// What a word of a resource's own is told; nothing at all is told by no body, as by `{}`.
pub struct Told<T>(Reading<T>);
/// A merge patch of a row's fields.
pub struct Change<T> {
    patch: Reading<Value>,
    read_only: ReadOnly,
    of: PhantomData<fn() -> T>,
}
/// No body.
pub struct Nothing;

impl<T: Input> Sent for New<T> {
    const MEDIA_TYPES: &'static [&'static str] = &["application/json"];

    fn read(bytes: &Bytes) -> Result<Self, Problem> {
        let input = T::input();
        input.typed(input.check_new(parse(bytes)?)).map(Self)
    }
}

impl<T: Input> New<T> {
    /// The row that this makes.
    #[must_use]
    pub fn draft(self, now: Moment) -> Draft<'static, T> {
        Draft::new(now, self.0)
    }
}

impl<T: Input> Sent for NewOrChange<T> {
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
    #[must_use]
    pub fn wanted(&self) -> &Reading<T> {
        &self.new
    }

    /// The new row that this makes.
    #[must_use]
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

impl<T: Form> Sent for Told<T> {
    const MEDIA_TYPES: &'static [&'static str] = &["application/json"];
    const MAY_BE_ABSENT: bool = true;

    fn read(bytes: &Bytes) -> Result<Self, Problem> {
        let form = T::form();
        let sent = if bytes.is_empty() { json!({}) } else { parse(bytes)? };
        form.typed(form.check_new(sent)).map(Self)
    }
}

impl<T> Told<T> {
    /// What was told.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn settle(self) -> Result<T, Problem> {
        self.0.settle()
    }
}

impl<T: Input> Sent for Change<T> {
    const MEDIA_TYPES: &'static [&'static str] = &["application/json", "application/merge-patch+json"];

    fn read(bytes: &Bytes) -> Result<Self, Problem> {
        parse(bytes).map(Self::of)
    }
}

impl<T: Input> Change<T> {
    /// A merge patch, checked by itself.
    #[must_use]
    pub fn of(mut patch: Value) -> Self {
        let read_only = ReadOnly(T::input().take_read_only(&mut patch));
        Self { patch: T::input().check_patch(patch), read_only, of: PhantomData }
    }

    /// Whether it says anything of a field, in a form that is right.
    #[must_use]
    pub fn names(&self, field: &str) -> bool {
        self.patch.fields.get(field).is_some()
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

impl Sent for Nothing {
    const MEDIA_TYPES: &'static [&'static str] = &[];

    fn read(_: &Bytes) -> Result<Self, Problem> {
        Ok(Self)
    }
}
