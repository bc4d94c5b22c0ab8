//! A studio's rows, written into a directory: a file for each resource, all as they were at one moment.

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
};

use serde::Serialize;
use serde_json::{Map, Value};
use tempfile::TempDir;

use super::{
    KINDS, Stopped, Tick,
    columns::{ColumnPaths, FileFormat},
    importable::Importable,
    read::encoding::BYTE_ORDER_MARK,
    store,
};
use crate::store::{db::Db, id::StudioId, location::private, row::Row, studio::StudioOn};

/// Rows that are read at once.
const BATCH: i64 = 500;

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

/// Writes all that a studio has into an empty or absent directory. The files are written into another one, which goes when
/// this is dropped, and takes the wanted name once all of them are whole: nothing is left there of an export that ends early.
///
/// # Errors
/// When the directory holds something already, or cannot be written; when the database fails.
pub async fn export(
    db: &Db,
    studio: StudioId,
    directory: &Path,
    format: FileFormat,
    tick: Tick<'_>,
) -> Result<Vec<Exported>, Stopped> {
    let cannot = |error: io::Error| Stopped::Failed(format!("cannot write into {}: {error}", directory.display()));
    let unfinished = beside(directory)?;
    let mut tx = db.snapshot().await?;
    let mut exported = Vec::new();
    for kind in KINDS {
        let name = PathBuf::from(kind.name).with_extension(format.ending());
        let file = private(OpenOptions::new().write(true).create_new(true)).open(unfinished.path().join(&name));
        let file = file.and_then(|file| for_its_owner(&file).map(|()| file));
        let mut out = BufWriter::new(ExportFile { file: file.map_err(cannot)?, directory });
        let rows = (kind.export)(&mut tx, studio, (&mut out, format), tick).await?;
        out.into_inner().map_err(|error| Stopped::failed(error.into_error()))?.file.sync_all().map_err(cannot)?;
        exported.push(Exported { resource: kind.name, file: directory.join(name), rows });
    }
    // The whole directory at once, also in the place of an empty one.
    let wanted = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    if fs::rename(unfinished.path(), wanted).is_ok() {
        return Ok(exported);
    }
    for Exported { file, .. } in &exported {
        fs::rename(unfinished.path().join(file.file_name().unwrap_or_default()), file).map_err(cannot)?;
    }
    Ok(exported)
}

/// A file whose errors name its path.
struct ExportFile<'d> {
    file: File,
    directory: &'d Path,
}

impl Write for ExportFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let told = |error: io::Error| {
            let text = format!("cannot write into {}: {error}", self.directory.display());
            io::Error::new(error.kind(), text)
        };
        self.file.write(bytes).map_err(told)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What is written is for its owner alone, whatever the umask: it holds other people's data.
fn for_its_owner(file: &File) -> io::Result<()> {
    #[cfg(unix)]
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
    Ok(())
}

/// Makes the directory that files are written into at first, for its owner alone: beside the one that they are for, or
/// inside of it where nothing may be written beside it.
fn beside(directory: &Path) -> Result<TempDir, Stopped> {
    let cannot = |error: io::Error| Stopped::Failed(format!("cannot write into {}: {error}", directory.display()));
    let is_there = directory.exists();
    if is_there && fs::read_dir(directory).map_err(cannot)?.next().is_some() {
        return Err(Stopped::Failed(format!("{} is not empty: choose a new or empty directory", directory.display())));
    }
    let wanted = directory.canonicalize().unwrap_or_else(|_| directory.to_owned());
    let parent = wanted.parent().filter(|parent| *parent != Path::new("")).unwrap_or(Path::new("."));
    let mut directories = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut directories, 0o700);
    directories.recursive(true).create(parent).map_err(cannot)?;
    let mut made = tempfile::Builder::new();
    made.prefix(".export-");
    let beside = made.tempdir_in(parent);
    let made = if is_there { beside.or_else(|_| made.tempdir_in(&wanted)) } else { beside }.map_err(cannot)?;
    #[cfg(unix)]
    fs::set_permissions(made.path(), std::os::unix::fs::PermissionsExt::from_mode(0o700)).map_err(cannot)?;
    Ok(made)
}

/// Writes the rows of one resource, a line for each.
pub async fn rows<T: Importable>(
    mut on: StudioOn<'_>,
    (out, format): (&mut dyn Write, FileFormat),
    tick: Tick<'_>,
) -> Result<u64, Stopped> {
    let columns = match format {
        FileFormat::Jsonl => None,
        FileFormat::Csv => Some(ColumnPaths::of::<T>()),
    };
    if let Some(columns) = &columns {
        // Excel takes a file without the mark for one of its country's old encoding.
        out.write_all(BYTE_ORDER_MARK).and_then(|()| columns.heading(out)).map_err(Stopped::failed)?;
    }
    let (mut last, mut count) = (None, 0);
    loop {
        let page = store::page_after::<T>(on.again(), last, BATCH).await?;
        let Some(end) = page.last() else { return Ok(count) };
        last = Some(end.id);
        let ids: Vec<_> = page.iter().map(|row| row.id).collect();
        let mut beside = T::beside_of(on.again(), &ids).await?;
        for row in &page {
            let row = line(row, beside.remove(&row.id))?;
            let written = match &columns {
                None => writeln!(out, "{row}"),
                Some(columns) => columns.row(out, &row),
            };
            written.map_err(Stopped::failed)?;
        }
        let read = page.len() as u64;
        count += read;
        tick(read);
    }
}

/// A row as its line has it: without what is computed whenever it is read, and with what files have beside the fields.
fn line<T: Importable>(row: &Row<T>, beside: Option<Map<String, Value>>) -> Result<Value, Stopped> {
    let mut row = serde_json::to_value(row).map_err(Stopped::failed)?;
    if let Value::Object(fields) = &mut row {
        fields.retain(|name, _| !T::COMPUTED.contains(&name.as_str()));
        fields.extend(beside.into_iter().flatten());
    }
    Ok(row)
}
