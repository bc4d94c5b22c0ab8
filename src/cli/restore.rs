//! `restore`: replaces a SQLite database with a backup.

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
};

use clap::Args;
use serde::Serialize;
use tempfile::NamedTempFile;

use super::{Done, Failure, database, output};
use crate::{
    access::{
        stored::KeyId,
        unscoped::{self, Revocation},
    },
    config::SharedOptions,
    resources::studios,
    store::{
        audit::{self, Action, Subject},
        clock::Clock,
        db::Db,
        error::StoreError,
        instant::Instant,
        open::{self, DatabaseLocation, OpenMode},
        restore::{self, Restored},
    },
};

/// Replaces a SQLite database with a backup; no server may use it
///
/// The replaced database is kept under another name. Everything is as it was when the backup was made: keys that were revoked
/// since then work again, and people who were erased are back. The command prints the ids of those keys if it can read the
/// replaced database; revoke them before you start the server.
#[derive(Args)]
pub struct Restore {
    /// A file made by `backup`; - reads it from standard input, into a temporary file beside the database
    #[arg(value_name = "FILE|-")]
    file: PathBuf,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Adds the restore to the audit log of every studio.
async fn add_to_audit_log(db: &Db, now: Instant) -> Result<(), StoreError> {
    for studio in studios::list(db.read()).await? {
        let id = studio.id.studio();
        let mut tx = db.begin().await?;
        audit::add(tx.on().of(id), Action::on_the_command_line("restore", Subject::of(id)), now).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// What standard input has, in a file beside the database that its owner alone may read; it is removed at the end.
fn kept_beside(database: &Path) -> Result<NamedTempFile, Failure> {
    let directory = database.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(directory)?;
    io::copy(&mut io::stdin().lock(), file.as_file_mut())?;
    Ok(file)
}

impl Restore {
    /// Runs it.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        let DatabaseLocation::File(path) = database::location(shared)? else {
            return Err(Failure::refused("this is a PostgreSQL database: restore it with pg_restore"));
        };
        let now = Clock::System.now();
        let note = async |db: &Db| add_to_audit_log(db, now).await;
        let read = if self.file.as_os_str() == "-" { Some(kept_beside(&path)?) } else { None };
        let file = read.as_ref().map_or(self.file.as_path(), NamedTempFile::path);
        let restored = restore::restore(file, &path, now, note).await.map_err(Failure::refused)?;
        let revived = match &restored.replaced {
            Some(replaced) if restored.replaced_is_whole => revived_keys(replaced, &restored.database).await,
            _ => None,
        };
        if self.json {
            return output::json(&RestoreReport { restored: &restored, revived_keys: revived.as_deref() });
        }
        let source = if read.is_some() { "standard input".into() } else { self.file.display().to_string() };
        eprintln!("{} now has the data of {source}", restored.database.display());
        if !restored.is_noted {
            eprintln!(
                "the audit log does not show the restore: the backup has an older schema, which `migrate` brings up to date"
            );
        }
        if let Some(replaced) = &restored.replaced {
            eprintln!("the previous database is kept at {}", replaced.display());
        }
        match revived.as_deref() {
            Some([]) => {}
            Some(keys) => eprintln!(
                "keys that were revoked after the backup work again: {}. Revoke them with `keys revoke`",
                output::listed(keys, "")
            ),
            None => eprintln!("keys that were revoked after the backup work again: check them with `keys list`"),
        }
        Ok(())
    }
}

/// The result, and what follows from it for keys.
#[derive(Serialize)]
struct RestoreReport<'r> {
    #[serde(flatten)]
    restored: &'r Restored,
    /// Nothing if the replaced database cannot be read.
    revived_keys: Option<&'r [KeyId]>,
}

/// The keys that were revoked in the replaced database and are not in the restored one, if both can be read.
async fn revived_keys(replaced: &Path, restored: &Path) -> Option<Vec<KeyId>> {
    let revoked: HashSet<_> =
        revocations(replaced).await?.into_iter().filter(|key| key.revoked_at.is_some()).map(|key| key.id).collect();
    let working = revocations(restored).await?.into_iter().filter(|key| key.revoked_at.is_none());
    Some(working.map(|key| key.id).filter(|id| revoked.contains(id)).collect())
}

async fn revocations(file: &Path) -> Option<Vec<Revocation>> {
    let db = open::open_with(&DatabaseLocation::File(file.to_owned()), OpenMode::READ).await.ok()?.db;
    let found = unscoped::revocations(db.read()).await;
    db.close().await;
    found.ok()
}
