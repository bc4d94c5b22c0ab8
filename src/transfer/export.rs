//! A studio's rows, written into a directory: a file for each resource, all as they were at one moment.

use std::{
    fs::{self, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;
use serde_json::Value;

use super::{KINDS, Kind, Stopped, Tick, carried::Carried, store};
use crate::store::{
    db::{Db, Tx},
    id::StudioId,
    open::private,
    row::Row,
};

/// Rows that are read at once.
const BATCH: i64 = 500;
/// How a file is called until all of them are whole.
const UNFINISHED: &str = "part";

/// What was written.
#[derive(Debug, Serialize)]
pub struct Exported {
    /// The resource.
    pub resource: &'static str,
    /// Its file.
    pub file: PathBuf,
    /// How many rows are in it.
    pub rows: u64,
}

/// Writes all that a studio has into an empty or absent directory. Files that are not whole are not left behind.
///
/// # Errors
/// When the directory holds something already, or cannot be written; when the database fails.
pub async fn export(db: &Db, studio: StudioId, directory: &Path, tick: Tick<'_>) -> Result<Vec<Exported>, Stopped> {
    prepare(directory)?;
    let done = write_all(db, studio, directory, tick).await;
    if done.is_err() {
        for kind in KINDS {
            fs::remove_file(unfinished(directory, kind)).ok();
        }
    }
    done
}

async fn write_all(db: &Db, studio: StudioId, directory: &Path, tick: Tick<'_>) -> Result<Vec<Exported>, Stopped> {
    let mut tx = db.snapshot().await?;
    let mut exported = Vec::new();
    for kind in KINDS {
        let path = unfinished(directory, kind);
        let cannot = |error: io::Error| Stopped::Failed(format!("cannot write {}: {error}", path.display()));
        let file = private(OpenOptions::new().write(true).create_new(true)).open(&path).map_err(cannot)?;
        let mut out = BufWriter::new(file);
        let rows = (kind.export)(&mut tx, studio, &mut out, tick).await?;
        out.into_inner().map_err(|error| cannot(error.into_error()))?.sync_all().map_err(cannot)?;
        exported.push(Exported { resource: kind.name, file: finished(directory, kind), rows });
    }
    for kind in KINDS {
        fs::rename(unfinished(directory, kind), finished(directory, kind)).map_err(Stopped::failed)?;
    }
    Ok(exported)
}

/// Writes the rows of one resource, a line for each.
pub async fn rows<T: Carried>(
    tx: &mut Tx,
    studio: StudioId,
    out: &mut dyn Write,
    tick: Tick<'_>,
) -> Result<u64, Stopped> {
    let (mut last, mut count) = (None, 0);
    loop {
        let page = store::behind::<T>(tx.on(), studio, last, BATCH).await?;
        let Some(end) = page.last() else { return Ok(count) };
        last = Some(end.id);
        for row in &page {
            writeln!(out, "{}", line(row)?).map_err(Stopped::failed)?;
        }
        let read = page.len() as u64;
        count += read;
        tick(read);
    }
}

/// A row as its line: without what is worked out anew whenever it is read.
fn line<T: Carried>(row: &Row<T>) -> Result<String, Stopped> {
    if T::WORKED_OUT.is_empty() {
        return serde_json::to_string(row).map_err(Stopped::failed);
    }
    let mut row = serde_json::to_value(row).map_err(Stopped::failed)?;
    if let Value::Object(fields) = &mut row {
        fields.retain(|name, _| !T::WORKED_OUT.contains(&name.as_str()));
    }
    Ok(row.to_string())
}

/// Makes the directory, for its owner alone: it will hold other people's data.
fn prepare(directory: &Path) -> Result<(), Stopped> {
    let failed = |error: io::Error| Stopped::Failed(format!("cannot write into {}: {error}", directory.display()));
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(directory).map_err(failed)?;
    if fs::read_dir(directory).map_err(failed)?.next().is_some() {
        return Err(Stopped::Failed(format!("{} is not empty: name a new directory", directory.display())));
    }
    Ok(())
}

fn finished(directory: &Path, kind: &Kind) -> PathBuf {
    directory.join(kind.name).with_extension("jsonl")
}

fn unfinished(directory: &Path, kind: &Kind) -> PathBuf {
    directory.join(kind.name).with_extension(UNFINISHED)
}
