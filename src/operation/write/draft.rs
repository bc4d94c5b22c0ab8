//! A row as somebody wants it, before it is known to be right.
//!
//! A body becomes a [`Draft`]: its fields, mended where their form is at fault, and the faults. A resource's rules add
//! what they find, and only [`Draft::validated`] makes of it a row that can be written, or names every fault at once. What
//! stands in its way for another reason (409) is reported after that.

use crate::{
    store::{
        id::Id,
        moment::Moment,
        row::{Resource, Row},
    },
    wire::{
        input::{Reading, holds},
        problem::{Fault, Problem},
    },
};

/// A row that is not known to be right; `'c` is how long the row is there that it is the next version of.
pub struct Draft<'c, T: Resource> {
    row: Row<T>,
    before: Option<(&'c T, Moment)>,
    /// What is wrong with its form.
    form: Vec<Fault>,
    /// What the rules have found.
    found: Vec<Fault>,
}

impl<'c, T: Resource> Draft<'c, T> {
    /// A row of an import that has passed its schema.
    pub fn whole(row: Row<T>) -> Self {
        Self { row, before: None, form: Vec::new(), found: Vec::new() }
    }

    /// A row that was never there before.
    pub(super) fn new(now: Moment, read: Reading<T>) -> Self {
        Self { form: read.faults, ..Self::whole(Row::new(now, read.fields)) }
    }

    /// The next version of a row, if it comes out different.
    pub(super) fn edit(current: &'c Row<T>, now: Moment, read: Reading<T>) -> Self {
        Self { before: Some((&current.fields, now)), form: read.faults, ..Self::whole(current.with(read.fields)) }
    }

    /// The row's id.
    pub fn id(&self) -> Id<T> {
        self.row.id
    }

    /// Its fields; what is at fault in them is not what was sent.
    pub fn fields(&self) -> &T {
        &self.row.fields
    }

    /// Its fields, to set what follows from what was sent.
    pub fn fields_mut(&mut self) -> &mut T {
        &mut self.row.fields
    }

    /// Whether it is right in its form, and its row stays as it is.
    pub fn changes_nothing(&self) -> bool {
        self.form.is_empty() && self.before.is_some_and(|(before, _)| *before == self.row.fields)
    }

    /// Whether a field, such as `name` or `recurrence/weekly`, is what was meant.
    pub fn is_sound(&self, field: &str) -> bool {
        self.form.is_empty() || holds(&self.form, &format!("/{field}"))
    }

    /// Judges by a rule about these fields, unless the form of one is at fault already: then nobody knows what was meant.
    pub fn rule<F: IntoIterator<Item = Fault>>(&mut self, about: &[&str], rule: impl FnOnce(&T) -> F) {
        if about.iter().all(|field| self.is_sound(field)) {
            self.found.extend(rule(&self.row.fields));
        }
    }

    /// Adds what a rule has found that looks at each field's form itself.
    pub fn add(&mut self, found: impl IntoIterator<Item = Fault>) {
        self.found.extend(found);
    }

    /// Adds what is wrong with one place, unless its form is at fault already.
    pub fn fault(&mut self, at: impl Into<String>, detail: impl Into<String>) {
        let fault = Fault::at(at, detail);
        if holds(&self.form, &fault.pointer) {
            self.found.push(fault);
        }
    }

    /// The row, now that everything was looked at.
    ///
    /// # Errors
    /// `validation_failed` with every fault.
    pub fn validated(self) -> Result<Row<T>, Problem> {
        let Self { row, before, form: mut faults, found } = self;
        faults.extend(found);
        if !faults.is_empty() {
            return Err(Problem::invalid(faults));
        }
        Ok(match before {
            Some((before, now)) => row.edited_since(before, now),
            None => row,
        })
    }
}
