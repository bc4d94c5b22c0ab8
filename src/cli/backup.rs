//! `backup`: copies a SQLite database while servers and commands go on working on it.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Done, Failure, opened, output};
use crate::{
    config::Shared,
    store::{
        backup,
        open::{self, Place},
    },
};

/// The command's arguments.
#[derive(Args)]
pub struct Backup {
    /// The new file
    file: PathBuf,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Backup {
    /// Runs it. As with every command, an absent or empty database is made first; any other is copied as it is, whatever
    /// its schema.
    pub async fn run(self, shared: &Shared) -> Done {
        let place = opened::place(shared)?;
        let Place::File(path) = &place else {
            return Err(Failure::refused(
                "this database is a PostgreSQL server's: copy it with pg_dump, which it comes with",
            ));
        };
        if std::fs::metadata(path).map_or(true, |file| file.len() == 0) {
            open::open(&place, false).await?.close().await;
        }
        let bytes = backup::copy(path, &self.file).await.map_err(Failure::refused)?;
        if self.json {
            return output::json(&json!({"file": self.file, "bytes": bytes}));
        }
        Ok(())
    }
}
