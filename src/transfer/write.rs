//! A file's lines, written one after the other into the staged tables. A line whose `id` or `external_id` a row of the
//! studio has changes that row; any other makes a new one. Called by [`super::import`], file by file.

use std::marker::PhantomData;

use serde_json::Value;

use super::{
    Stopped,
    check::{Checker, fields_of},
    import::RunningImport,
    importable::{Importable, Unique},
    known::KnownRows,
    read::{File, ReadLine, Settings},
    report::{LineNote, Tally},
    staging::Mode,
};
use crate::{
    store::row::Row,
    wire::problem::{Fault, Problem},
};

/// Lines that are written at once.
const BATCH: usize = 200;
/// Unique in every resource, as the id is.
pub const EXTERNAL_ID: Unique = Unique { fields: &["external_id"], key: "external_id", taken: "is taken" };

/// A file while it is written.
struct FileWrite<'w, T> {
    import: &'w mut RunningImport,
    file: &'w File,
    checker: Checker,
    /// Whether lines are only checked by themselves: something is wrong with a file that they may be about.
    only_checks: bool,
    tally: Tally,
    /// Lines of no row that is there, of a resource whose rows are not created by lines.
    of_no_row: Vec<u64>,
    resource: PhantomData<T>,
}

/// Writes a file; goes on behind a line that is refused, to name the others as well.
///
/// # Errors
/// When the database or the file fails.
pub async fn file<T: Importable>(
    import: &mut RunningImport,
    file: &File,
    settings: &Settings<'_>,
) -> Result<Tally, Stopped> {
    let mut writing = FileWrite::<T> {
        only_checks: !import.faults.is_empty(),
        import,
        file,
        checker: Checker::of::<T>(),
        tally: Tally::new(file.kind.name, &file.name),
        of_no_row: Vec::new(),
        resource: PhantomData,
    };
    let opened = file.open(settings)?;
    writing.import.faults.add_all(&file.place(opened.heading), &opened.wrong);
    writing.tally.ignored_columns = opened.ignored;
    if T::HAS_SLUG {
        // A slug that a line does not say is made of what the others leave free, so that it does not depend on their order.
        writing.lines(opened.lines.filter(says_slug)).await?;
        writing.lines(file.open(settings)?.lines.filter(|line| !says_slug(line))).await?;
    } else {
        writing.lines(opened.lines).await?;
    }
    writing.refuse_of_no_row();
    writing.refuse_taken().await?;
    Ok(writing.tally)
}

fn says_slug((_, sent): &ReadLine) -> bool {
    sent.as_ref().is_ok_and(|sent| sent.get("slug").is_some_and(Value::is_string))
}

impl<T: Importable> FileWrite<'_, T> {
    /// Checks these lines by themselves, and writes those in which nothing is wrong.
    async fn lines(&mut self, mut lines: impl Iterator<Item = ReadLine>) -> Result<(), Stopped> {
        loop {
            let read: Vec<_> = lines.by_ref().take(BATCH).collect();
            if read.is_empty() {
                return Ok(());
            }
            let mut batch = Vec::new();
            for (line, sent) in read {
                match sent.map_err(|fault| vec![fault]).and_then(|sent| self.checked(line, sent)) {
                    Ok(sent) => batch.push((line, sent)),
                    Err(wrong) => self.import.faults.add_all(&self.file.place(line), &wrong),
                }
            }
            if !self.only_checks {
                for (line, fault) in T::look_up(self.import.tx(), &mut batch).await? {
                    self.import.faults.add(&self.file.place(line), &fault);
                }
                self.batch(batch).await?;
            }
        }
    }

    /// A line that is right by itself and has no name that another one has.
    fn checked(&mut self, line: u64, sent: Value) -> Result<Value, Vec<Fault>> {
        let twice = self.import.seen.twice::<T>(self.file.kind.name, &sent, &self.file.place(line));
        match self.checker.check(self.file, sent) {
            Ok(sent) if twice.is_empty() => Ok(sent),
            Ok(_) => Err(twice),
            Err(wrong) => Err(wrong.into_iter().chain(twice).collect()),
        }
    }

    async fn batch(&mut self, batch: Vec<(u64, Value)>) -> Result<(), Stopped> {
        let resource = self.file.kind.name;
        let known = KnownRows::<T>::of(&mut self.import.staging, resource, &batch).await?;
        let (mut new, mut said) = (Vec::new(), Vec::new());
        for (line, sent) in batch {
            let done = match known.row(&sent) {
                Some((there, field)) => {
                    match self.import.seen.note(resource, &there.id.to_string(), &self.file.place(line)) {
                        None => {
                            said.push(known.last.note(resource, &there.id.to_string(), &sent));
                            self.change(&known, there, (line, sent)).await
                        }
                        Some(first) => Err(Problem::invalid(vec![Fault::at(
                            field,
                            format!("is the row of line {}, too", first.line),
                        )])),
                    }
                }
                None if known.last.was_removed(&sent) => {
                    self.keep_removed(line, &sent);
                    Ok(())
                }
                None if T::NOT_CREATED.is_some() && self.import.staging.mode != Mode::MoveIn => {
                    self.of_no_row.push(line);
                    Ok(())
                }
                None => self.new_row(sent.clone()).map(|(row, beside)| {
                    said.push(known.last.note(resource, &row.id.to_string(), &sent));
                    new.push((line, row, beside));
                }),
            };
            self.import.made += 1;
            self.import.note(&self.file.place(line), done)?;
        }
        self.import.staging.note_lines(&said).await?;
        self.create(new).await
    }

    /// The row that a line makes, and what the line says beside its fields.
    fn new_row(&self, mut sent: Value) -> Result<(Row<T>, Value), Problem> {
        let moves_in = self.import.staging.mode == Mode::MoveIn;
        let beside = take_beside::<T>(&mut sent);
        Ok((self.checker.row(sent, self.import.moment(), moves_in)?, beside))
    }

    async fn create(&mut self, new: Vec<(u64, Row<T>, Value)>) -> Result<(), Stopped> {
        self.tally.created += new.len() as u64;
        let (mut places, mut rows, mut beside) = (Vec::new(), Vec::new(), Vec::new());
        for (line, row, said) in new {
            let place = self.file.place(line);
            self.import.seen.note(self.file.kind.name, &row.id.to_string(), &place);
            places.push(place);
            beside.push((row.id, said));
            rows.push(row);
        }
        for (at, problem) in T::create_all(self.import.tx(), rows).await? {
            self.import.note(&places[at], Err(problem))?;
        }
        Ok(T::keep_beside(self.import.tx(), &beside).await?)
    }

    /// Writes what a line changes of its row: what it says anew.
    async fn change(
        &mut self,
        known: &KnownRows<T>,
        there: &Row<T>,
        (line, mut sent): (u64, Value),
    ) -> Result<(), Problem> {
        take_beside::<T>(&mut sent);
        let mut fields = self.checker.changeable(sent);
        let id = there.id.to_string();
        let said_before = known.last.take_out(&id, &mut fields);
        let mut keeps = self.differing(&said_before, there);
        let before = fields_of(there)?;
        if let Some(consent) = T::CONSENT.filter(|_| known.withdrawn.contains(&there.id))
            && fields.get(consent) == Some(&Value::Bool(true))
            && before.get(consent) == Some(&Value::Bool(false))
        {
            fields.as_object_mut().map(|fields| fields.remove(consent));
            keeps.push(consent.to_owned());
        }
        let whole = self.checker.merged(&fields, there)?;
        if whole == there.fields {
            self.tally.unchanged += 1;
            self.tally.note(LineNote { line, id, overrides: Vec::new(), keeps, removed: false });
            return Ok(());
        }
        self.tally.changed += 1;
        let overrides = changed(&before, &fields_of(&there.with(whole.clone()))?);
        self.tally.note(LineNote { line, id, overrides, keeps, removed: false });
        T::change(self.import.tx(), there, (&self.checker.change(fields), whole)).await
    }

    /// The fields in which what a line says is not what is there.
    fn differing(&self, said: &Value, there: &Row<T>) -> Vec<String> {
        let mut differing = Vec::new();
        for (name, value) in said.as_object().into_iter().flatten() {
            let alone = serde_json::json!({ name: value });
            // What could not be said any more is different.
            if self.checker.merged(&alone, there).map_or(true, |whole| whole != there.fields) {
                differing.push(name.clone());
            }
        }
        differing
    }

    fn keep_removed(&mut self, line: u64, sent: &Value) {
        self.tally.unchanged += 1;
        let id = ["id", "external_id"].iter().find_map(|field| sent.get(field)?.as_str()).unwrap_or_default();
        let (overrides, keeps) = (Vec::new(), Vec::new());
        self.tally.note(LineNote { line, id: id.to_owned(), overrides, keeps, removed: true });
    }

    /// Refuses lines that would create rows which lines do not create: once for all of them, since one thing is to be done.
    fn refuse_of_no_row(&mut self) {
        let (Some(why), Some(first)) = (T::NOT_CREATED, self.of_no_row.first()) else { return };
        let also = match self.of_no_row.len() - 1 {
            0 => String::new(),
            1 => "; so does 1 more line".to_owned(),
            more => format!("; so do {more} more lines"),
        };
        self.import.faults.add(&self.file.place(*first), &Fault::at("/id", format!("{why}{also}")));
    }

    /// Refuses lines that end with the unique value of another row.
    async fn refuse_taken(&mut self) -> Result<(), Stopped> {
        let resource = self.file.kind.name;
        for unique in T::UNIQUE.iter().chain([&EXTERNAL_ID]) {
            for id in self.import.staging.twice::<T>(unique.key).await? {
                if let Some(place) = self.import.seen.place(resource, &id.to_string()) {
                    let field = unique.fields.last().copied().unwrap_or_default();
                    self.import.faults.add(place, &Fault::at(format!("/{field}"), unique.taken));
                }
            }
        }
        Ok(())
    }
}

/// Takes out of a line what it says beside its fields.
fn take_beside<T: Importable>(sent: &mut Value) -> Value {
    let taken = T::beside().into_iter().filter_map(|(name, _)| {
        let fields = sent.as_object_mut()?;
        Some((name.to_owned(), fields.shift_remove(name)?))
    });
    taken.collect()
}

/// The fields that are not the same.
fn changed(before: &Value, after: &Value) -> Vec<String> {
    let names = after.as_object().into_iter().flatten();
    names.filter(|(name, value)| before.get(name) != Some(value)).map(|(name, _)| name.clone()).collect()
}
