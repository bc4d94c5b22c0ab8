//! The second pass: every line against the rows that are there, in the staged tables. A line whose `id` or `external_id` a
//! row of the studio has is about that row; any other makes a new one.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use super::{
    Stopped,
    import::{Import, Settings},
    importable::{Importable, Unique},
    judge::{Judge, fields_of},
    report::{LineNote, Tally},
    said::LastSaid,
    source::File,
    store,
};
use crate::{
    store::{
        id::{Id, Named},
        record::Record,
        row::Row,
    },
    wire::problem::{Fault, Problem},
};

/// Lines that are written at once.
const BATCH: usize = 200;

/// The rows that lines of a file are about, or have made, each with its line.
type Lines<T> = HashMap<Id<T>, u64>;

/// A file while it is written.
struct Writing<'w, 'i, T: Importable> {
    import: &'w mut Import<'i>,
    file: &'w File,
    judge: Judge,
    lines: Lines<T>,
    tally: Tally,
}

/// Writes a file; goes on behind a line that is refused, to name the others as well.
///
/// # Errors
/// When the database or the file fails.
pub async fn file<T: Importable>(
    import: &mut Import<'_>,
    file: &File,
    settings: &Settings<'_>,
) -> Result<Tally, Stopped> {
    let tally = Tally::new(file.kind.name, &file.name);
    let mut writing = Writing::<T> { import, file, judge: Judge::of::<T>(), lines: Lines::new(), tally };
    // A slug that a line does not say is made of what the others leave free, so that it does not depend on their order.
    let has_slug = T::UNIQUE.iter().any(|unique| unique.fields == ["slug"]);
    let passes = if has_slug { &[Some(true), Some(false)][..] } else { &[None] };
    for pass in passes {
        writing.pass(*pass, settings).await?;
    }
    writing.refuse_twice().await?;
    Ok(writing.tally)
}

impl<T: Importable> Writing<'_, '_, T> {
    /// Writes the lines that say a slug, or those that say none, or all.
    async fn pass(&mut self, with_slug: Option<bool>, settings: &Settings<'_>) -> Result<(), Stopped> {
        let opened = self.file.open(settings)?;
        self.tally.ignored_columns = opened.ignored;
        let mut lines = opened.lines;
        loop {
            let read: Vec<_> = lines.by_ref().take(BATCH).collect();
            if read.is_empty() {
                return Ok(());
            }
            let mut batch = Vec::new();
            for (line, sent) in read {
                let says_slug = sent.as_ref().is_ok_and(|sent| sent.get("slug").is_some_and(Value::is_string));
                if with_slug.is_some_and(|with| with != says_slug) {
                    continue;
                }
                // Checked already, and once more: a file may have changed meanwhile.
                let judged = sent.map(|sent| (self.judge.faults(&sent), sent)).map_err(|fault| vec![fault]);
                match judged {
                    Ok((wrong, sent)) if wrong.is_empty() => batch.push((line, sent)),
                    Ok((wrong, _)) | Err(wrong) => self.import.faults.add_all(&self.file.place(line), &wrong),
                }
            }
            for (line, fault) in T::look_up(self.import.to(), &mut batch).await? {
                self.import.faults.add(&self.file.place(line), &fault);
            }
            self.batch(batch).await?;
        }
    }

    async fn batch(&mut self, batch: Vec<(u64, Value)>) -> Result<(), Stopped> {
        let known = Known::<T>::of(self.import, &batch).await?;
        let mut new = Vec::new();
        let mut said = Vec::new();
        for (line, sent) in batch {
            let line_said = |id: &dyn std::fmt::Display| known.said.note(self.file.kind.name, &id.to_string(), &sent);
            let done = match known.row(&sent, (line, &mut self.lines)) {
                Ok(Some(there)) => {
                    said.push(line_said(&there.id));
                    self.change(&known, there, (line, sent)).await
                }
                Ok(None) if known.said.was_removed(&sent) => {
                    self.keep_removed(line, &sent);
                    Ok(())
                }
                Ok(None) => {
                    let mark = T::MARK.and_then(|mark| sent.get(mark)?.as_bool());
                    let plain = without_mark::<T>(sent.clone());
                    self.judge.row::<T>(plain, self.import.staging.now.of_row(line)).map(|row| {
                        said.push(line_said(&row.id));
                        new.push((line, row, mark));
                    })
                }
                Err(fault) => Err(Problem::invalid(vec![fault])),
            };
            self.import.made += 1;
            self.import.note(self.file, line, done)?;
        }
        self.import.staging.note_lines(&said).await?;
        self.create(new).await
    }

    async fn create(&mut self, new: Vec<(u64, Row<T>, Option<bool>)>) -> Result<(), Stopped> {
        self.tally.created += new.len() as u64;
        let (mut lines, mut rows, mut marks) = (Vec::new(), Vec::new(), [Vec::new(), Vec::new()]);
        for (line, row, mark) in new {
            self.lines.insert(row.id, line);
            if let Some(is_marked) = mark {
                marks[usize::from(is_marked)].push(row.id);
            }
            lines.push(line);
            rows.push(row);
        }
        let created = T::create_all(self.import.to(), rows).await?;
        for (created, line) in created.into_iter().zip(lines) {
            match created {
                Ok(row) => T::remember(row, self.file.place(line), None, &mut self.import.later),
                Err(problem) => self.import.note(self.file, line, Err(problem))?,
            }
        }
        let studio = self.import.staging.studio;
        for (is_marked, ids) in [(false, &marks[0]), (true, &marks[1])] {
            T::mark(self.import.staging.tx.on(), studio, ids, is_marked).await?;
        }
        Ok(())
    }

    /// Writes what a line changes of its row: what it says anew.
    async fn change(&mut self, known: &Known<T>, there: &Row<T>, (line, sent): (u64, Value)) -> Result<(), Problem> {
        let mut fields = self.judge.changeable(without_mark::<T>(sent));
        let id = there.id.to_string();
        let taken = known.said.take_out(&id, &mut fields);
        let mut keeps = self.differing(&taken, there);
        if let Some(consent) = T::CONSENT.filter(|_| known.withdrawn.contains(&there.id))
            && fields.get(consent) == Some(&Value::Bool(true))
            && fields_of(there)?.get(consent) == Some(&Value::Bool(false))
        {
            fields.as_object_mut().map(|fields| fields.remove(consent));
            keeps.push(consent.to_owned());
        }
        let whole = self.judge.after(&fields, there)?;
        let is_same = whole == there.fields;
        *(if is_same { &mut self.tally.unchanged } else { &mut self.tally.changed }) += 1;
        let overrides =
            if is_same { Vec::new() } else { changed(&fields_of(there)?, &fields_of(&there.with(whole.clone()))?) };
        self.tally.note(LineNote { line, id, overrides, keeps, removed: false });
        let place = self.file.place(line);
        if is_same {
            return Ok(());
        }
        T::remember(there.with(whole.clone()), place, Some(there), &mut self.import.later);
        T::change(self.import.to(), there, (&self.judge.change(fields), whole)).await
    }

    /// The fields in which what a line says is not what is there.
    fn differing(&self, said: &Value, there: &Row<T>) -> Vec<String> {
        let mut differing = Vec::new();
        for (name, value) in said.as_object().into_iter().flatten() {
            let alone = serde_json::json!({ name: value });
            // What could not be said any more is different.
            if self.judge.after(&alone, there).map_or(true, |whole| whole != there.fields) {
                differing.push(name.clone());
            }
        }
        differing
    }

    fn keep_removed(&mut self, line: u64, sent: &Value) {
        self.tally.unchanged += 1;
        let id =
            ["id", "external_id"].iter().find_map(|field| sent.get(field)?.as_str()).unwrap_or_default().to_owned();
        self.tally.note(LineNote { line, id, overrides: Vec::new(), keeps: Vec::new(), removed: true });
    }

    /// Refuses lines that end with the unique value of another row.
    async fn refuse_twice(&mut self) -> Result<(), Stopped> {
        const EXTERNAL_ID: Unique = Unique { fields: &["external_id"], key: "external_id", taken: "is taken" };
        let studio = self.import.staging.studio;
        for unique in T::UNIQUE.iter().chain([&EXTERNAL_ID]) {
            for id in store::twice::<T>(self.import.staging.tx.on(), studio, unique.key).await? {
                if let Some(line) = self.lines.get(&id) {
                    let field = unique.fields.last().copied().unwrap_or_default();
                    let fault = Fault::at(format!("/{field}"), unique.taken);
                    self.import.faults.add(&self.file.place(*line), &fault);
                }
            }
        }
        Ok(())
    }
}

/// A line without what is no field of it.
fn without_mark<T: Importable>(mut sent: Value) -> Value {
    if let (Some(mark), Value::Object(fields)) = (T::MARK, &mut sent) {
        fields.remove(mark);
    }
    sent
}

/// The fields that are not the same.
fn changed(before: &Value, after: &Value) -> Vec<String> {
    let names = after.as_object().into_iter().flatten();
    names.filter(|(name, value)| before.get(name) != Some(value)).map(|(name, _)| name.clone()).collect()
}

/// The rows that the lines of a batch are about.
struct Known<T: Importable> {
    rows: HashMap<Id<T>, Row<T>>,
    named: HashMap<String, Id<T>>,
    withdrawn: std::collections::HashSet<Id<T>>,
    said: LastSaid,
}

/// Which row has an external id.
#[derive(Deserialize)]
#[serde(bound = "")]
struct NamedRow<T: Named> {
    id: Id<T>,
    external_id: String,
}

impl<T: Named> Record for NamedRow<T> {}

impl<T: Importable> Known<T> {
    async fn of(import: &mut Import<'_>, batch: &[(u64, Value)]) -> Result<Self, Stopped> {
        let told = |field: &'static str| -> Vec<_> {
            batch.iter().filter_map(|(_, sent)| sent.get(field)?.as_str()).collect()
        };
        let (ids, external_ids) = (told("id"), told("external_id"));
        let studio = import.staging.studio;
        // As they were before the import, in which ids may change hands.
        let real = format!("{}.{}", import.staging.real, T::TABLE);
        let by_name = store::named::<NamedRow<T>>(import.staging.tx.on(), studio, &real, &external_ids).await?;
        let named: HashMap<_, _> = by_name.into_iter().map(|row| (row.external_id, row.id)).collect();
        let mut all: Vec<_> = ids.iter().map(|&id| id.to_owned()).collect();
        all.extend(named.values().map(ToString::to_string));
        let rows = store::having::<T>(import.staging.tx.on(), studio, "id", &all).await?;
        let said = LastSaid::of(import, Import::kind_name::<T>(), &all, &external_ids).await?;
        let found: Vec<_> = rows.iter().map(|row| row.id).collect();
        let withdrawn = T::withdrawn(import.staging.tx.on(), studio, &found).await?;
        Ok(Self { rows: rows.into_iter().map(|row| (row.id, row)).collect(), named, withdrawn, said })
    }

    /// The row that a line is about, which no other line may be.
    fn row(&self, sent: &Value, (line, lines): (u64, &mut Lines<T>)) -> Result<Option<&Row<T>>, Fault> {
        let told = |field: &str| sent.get(field).and_then(Value::as_str);
        let id = told("id").and_then(|id| id.parse::<Id<T>>().ok());
        let found = match id {
            Some(id) => self.rows.get(&id),
            None => told("external_id").and_then(|name| self.rows.get(self.named.get(name)?)),
        };
        let Some(row) = found else { return Ok(None) };
        match lines.insert(row.id, line) {
            Some(first) => {
                let field = if id.is_some() { "/id" } else { "/external_id" };
                Err(Fault::at(field, format!("is the row of line {first}, too")))
            }
            None => Ok(Some(row)),
        }
    }
}
