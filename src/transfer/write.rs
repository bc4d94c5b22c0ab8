//! The second pass: every line against the database, in the import's transaction. A line whose `id` or `external_id` a
//! row of the studio has is about that row; any other makes a new one.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use super::{
    Stopped,
    carried::Carried,
    import::{Import, Settings},
    judge::Judge,
    source::File,
    store,
};
use crate::{
    store::{id::Id, row::Row},
    wire::problem::{Fault, Problem},
};

/// Lines that are written at once.
const BATCH: usize = 200;

/// What became of a file's lines.
#[derive(Debug, Serialize)]
pub struct Tally {
    /// The resource.
    pub resource: &'static str,
    /// The file.
    pub file: String,
    /// Rows that are new.
    pub created: u64,
    /// Rows that are different now.
    pub changed: u64,
    /// Rows that were so already.
    pub unchanged: u64,
}

/// Writes a file; goes on behind a line that is refused, to name the others as well.
///
/// # Errors
/// When the database or the file fails.
pub async fn file<T: Carried>(import: &mut Import, file: &File, settings: Settings<'_>) -> Result<Tally, Stopped> {
    let judge = Judge::of::<T>();
    let mut tally =
        Tally { resource: file.kind.name, file: file.name.to_string(), created: 0, changed: 0, unchanged: 0 };
    let mut lines = file.lines(settings)?;
    loop {
        let read: Vec<_> = lines.by_ref().take(BATCH).collect();
        if read.is_empty() || import.faults.is_full() {
            return Ok(tally);
        }
        let mut batch = Vec::new();
        for (line, sent) in read {
            // Checked already, and once more: a file may have changed meanwhile.
            let judged = sent.map(|sent| (judge.faults(&sent), sent)).map_err(|fault| vec![fault]);
            match judged {
                Ok((wrong, sent)) if wrong.is_empty() => batch.push((line, sent)),
                Ok((wrong, _)) | Err(wrong) => import.faults.add_all(&file.place(line), &wrong),
            }
        }
        batch_of::<T>(import, file, &judge, batch, &mut tally).await?;
    }
}

async fn batch_of<T: Carried>(
    import: &mut Import,
    file: &File,
    judge: &Judge,
    batch: Vec<(u64, Value)>,
    tally: &mut Tally,
) -> Result<(), Stopped> {
    let known = Known::<T>::of(import, &batch).await?;
    let (mut lines, mut rows) = (Vec::new(), Vec::new());
    for (line, sent) in batch {
        let done = match known.row(&sent) {
            Ok(Some(there)) => follow(import, judge, there, sent, tally).await,
            Ok(None) => judge.row::<T>(sent, import).map(|row| {
                import.made += 1;
                lines.push(line);
                rows.push(row);
            }),
            Err(fault) => Err(Problem::invalid(vec![fault])),
        };
        import.note(file, line, done)?;
    }
    tally.created += rows.len() as u64;
    let created = T::create_all(&mut import.tx, import.studio, rows, import.now).await?;
    for (created, line) in created.into_iter().zip(lines) {
        match created {
            Ok(row) => T::remember(row, file.place(line), &mut import.classes),
            Err(problem) => import.note(file, line, Err(problem))?,
        }
    }
    Ok(())
}

/// Writes what a line changes of its row.
async fn follow<T: Carried>(
    import: &mut Import,
    judge: &Judge,
    there: &There<T>,
    sent: Value,
    tally: &mut Tally,
) -> Result<(), Problem> {
    if judge.says_nothing_new(&sent, &there.fields) {
        tally.unchanged += 1;
        return Ok(());
    }
    let change = judge.change::<T>(sent);
    if change.onto(&there.row, import.now)?.changes_nothing() {
        tally.unchanged += 1;
        return Ok(());
    }
    tally.changed += 1;
    T::change(&mut import.tx, import.studio, &there.row, &change, import.now).await
}

/// The rows that the lines of a batch are about.
struct Known<T: Carried> {
    rows: HashMap<Id<T>, There<T>>,
    named: HashMap<String, Id<T>>,
}

/// A row that is there, and its resource's own fields as a line tells them.
struct There<T: Carried> {
    row: Row<T>,
    fields: Value,
}

impl<T: Carried> Known<T> {
    async fn of(import: &mut Import, batch: &[(u64, Value)]) -> Result<Self, Stopped> {
        let told = |field: &'static str| -> Vec<_> {
            batch.iter().filter_map(|(_, sent)| sent.get(field)?.as_str()).collect()
        };
        let mut found = store::having::<T>(import.tx.on(), import.studio, "id", &told("id")).await?;
        found.extend(store::having::<T>(import.tx.on(), import.studio, "external_id", &told("external_id")).await?);
        let mut known = Self { rows: HashMap::new(), named: HashMap::new() };
        for row in found {
            let fields = serde_json::to_value(&row.fields).map_err(Stopped::failed)?;
            if let Some(name) = fields.get("external_id").and_then(Value::as_str) {
                known.named.insert(name.to_owned(), row.id);
            }
            known.rows.insert(row.id, There { row, fields });
        }
        Ok(known)
    }

    /// The row that a line is about.
    fn row(&self, sent: &Value) -> Result<Option<&There<T>>, Fault> {
        let told = |field: &str| sent.get(field).and_then(Value::as_str);
        let id = told("id").and_then(|id| id.parse::<Id<T>>().ok());
        let by_name = told("external_id").and_then(|name| self.named.get(name));
        match (id, by_name) {
            (Some(id), Some(other)) if id != *other => {
                Err(Fault::at("/external_id", format!("is that of another {}, {other}", T::NOUN)))
            }
            (Some(id), _) => Ok(self.rows.get(&id)),
            (None, by_name) => Ok(by_name.and_then(|id| self.rows.get(id))),
        }
    }
}
