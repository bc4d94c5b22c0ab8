//! The second pass: every line against the database, in the import's transaction. A line whose `id` or `external_id` a
//! row of the studio has is about that row; any other makes a new one.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::Value;

use super::{
    Stopped,
    carried::Carried,
    faults::Place,
    import::{Import, Settings},
    judge::Judge,
    marks::Marks,
    source::File,
    store,
};
use crate::{
    store::{
        id::Id,
        row::{self, Row},
    },
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

/// The lines of a file that were about a row so far, each with the row that it was about.
type Taken<T> = HashMap<Id<T>, u64>;

/// Writes a file; goes on behind a line that is refused, to name the others as well.
///
/// # Errors
/// When the database or the file fails.
pub async fn file<T: Carried>(import: &mut Import, file: &File, settings: Settings<'_>) -> Result<Tally, Stopped> {
    let (judge, mut taken) = (Judge::of::<T>(), Taken::new());
    let mut tally =
        Tally { resource: file.kind.name, file: file.name.to_string(), created: 0, changed: 0, unchanged: 0 };
    let mut lines = file.lines(settings)?;
    import.times_stand = row::is_without_any::<T>(import.tx.on(), import.studio).await?;
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
        for (line, fault) in T::look_up(import.to(), &mut batch).await? {
            import.faults.add(&file.place(line), &fault);
        }
        batch_of::<T>(import, file, &judge, batch, (&mut taken, &mut tally)).await?;
    }
}

async fn batch_of<T: Carried>(
    import: &mut Import,
    file: &File,
    judge: &Judge,
    batch: Vec<(u64, Value)>,
    (taken, tally): (&mut Taken<T>, &mut Tally),
) -> Result<(), Stopped> {
    let known = Known::<T>::of(import, &batch).await?;
    let ids: Vec<_> = known.rows.keys().copied().collect();
    let mut marks = Marks::of(&mut import.tx, import.studio, &ids).await?;
    let (mut lines, mut rows) = (Vec::new(), Vec::new());
    for (line, mut sent) in batch {
        let mark = Marks::<T>::take(&mut sent);
        let done = match known.row(&sent, (line, taken)) {
            Ok(Some(there)) => follow(import, judge, there, (file.place(line), sent), (mark, &mut marks), tally).await,
            Ok(None) => judge.row::<T>(sent, import).map(|row| {
                lines.push(line);
                marks.note(row.id, mark);
                rows.push(row);
            }),
            Err(fault) => Err(Problem::invalid(vec![fault])),
        };
        import.made += 1;
        import.note(file, line, done)?;
    }
    tally.created += rows.len() as u64;
    let created = T::create_all(import.to(), rows).await?;
    for (created, line) in created.into_iter().zip(lines) {
        match created {
            Ok(row) => T::remember(row, file.place(line), None, &mut import.later),
            Err(problem) => import.note(file, line, Err(problem))?,
        }
    }
    Ok(marks.write(&mut import.tx, import.studio).await?)
}

/// Writes what a line changes of its row, or the later version of it that the line is.
async fn follow<T: Carried>(
    import: &mut Import,
    judge: &Judge,
    there: &Row<T>,
    (place, sent): (Place, Value),
    (mark, marks): (Option<bool>, &mut Marks<T>),
    tally: &mut Tally,
) -> Result<(), Problem> {
    T::note(there.id, &mut import.later);
    if let Some(later) = judge.later(&sent, there, import.moment())? {
        tally.changed += 1;
        marks.note(there.id, mark);
        let with_schedule = match T::TABLE {
            "classes" => import.scheduled.contains(&there.id.to_string()),
            _ => !import.scheduled.is_empty(),
        };
        T::replace(import.to(), there, later.clone(), with_schedule).await?;
        T::remember(later, place, Some(there), &mut import.later);
        return Ok(());
    }
    T::stay(there.id, &import.later)?;
    let mark = mark.filter(|_| Judge::stands(&sent, there));
    let (whole, change) = judge.followed::<T>(sent, there)?;
    if whole == there.fields {
        let is_other = marks.note(there.id, mark);
        *(if is_other { &mut tally.changed } else { &mut tally.unchanged }) += 1;
        return Ok(());
    }
    tally.changed += 1;
    T::change(import.to(), there, (&change, whole)).await
}

/// The rows that the lines of a batch are about.
struct Known<T: Carried> {
    rows: HashMap<Id<T>, Row<T>>,
    named: HashMap<String, Id<T>>,
}

impl<T: Carried> Known<T> {
    async fn of(import: &mut Import, batch: &[(u64, Value)]) -> Result<Self, Stopped> {
        let told = |field: &'static str| -> Vec<_> {
            batch.iter().filter_map(|(_, sent)| sent.get(field)?.as_str()).collect()
        };
        let (ids, names) = (told("id"), told("external_id"));
        let mut known = Self { rows: HashMap::new(), named: HashMap::new() };
        let by_name = store::having::<T>(import.tx.on(), import.studio, "external_id", &names).await?;
        for row in store::having::<T>(import.tx.on(), import.studio, "id", &ids).await?.into_iter().chain(by_name) {
            let fields = serde_json::to_value(&row.fields).map_err(Stopped::failed)?;
            if let Some(name) = fields.get("external_id").and_then(Value::as_str) {
                known.named.insert(name.to_owned(), row.id);
            }
            known.rows.insert(row.id, row);
        }
        Ok(known)
    }

    /// The row that a line is about, which no other line may be.
    fn row(&self, sent: &Value, (line, taken): (u64, &mut Taken<T>)) -> Result<Option<&Row<T>>, Fault> {
        let told = |field: &str| sent.get(field).and_then(Value::as_str);
        let id = told("id").and_then(|id| id.parse::<Id<T>>().ok());
        let by_name = told("external_id").and_then(|name| self.named.get(name));
        let found = match (id, by_name) {
            (Some(id), Some(other)) if id != *other => {
                return Err(Fault::at("/external_id", format!("is that of another {}, {other}", T::NOUN)));
            }
            (Some(id), _) => self.rows.get(&id),
            (None, by_name) => by_name.and_then(|id| self.rows.get(id)),
        };
        let Some(row) = found else { return Ok(None) };
        match taken.insert(row.id, line) {
            Some(first) => {
                let field = if id.is_some() { "/id" } else { "/external_id" };
                Err(Fault::at(field, format!("is the row of line {first}, too")))
            }
            None => Ok(Some(row)),
        }
    }
}
