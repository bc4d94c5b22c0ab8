//! `backup`: copies a SQLite database while servers and commands go on working on it.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Done, Failure, opened, output};
use crate::{
    config::SharedOptions,
    server::signal,
    store::{
        backup,
        open::{DatabaseLocation, OpenError},
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
    /// Runs it. Any database of ours is copied as it is, whatever its schema.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        let terminated = signal::terminated();
        let place = opened::place(shared)?;
        let DatabaseLocation::File(path) = &place else {
            return Err(Failure::refused(
                "this database is a PostgreSQL server's: copy it with pg_dump, which it comes with",
            ));
        };
        if !path.exists() {
            return Err(OpenError::Absent(place.shown()).into());
        }
        let bytes = tokio::select! {
            // Dropped, a copy that is not whole is removed.
            biased;
            () = terminated => return Err(Failure::refused("stopped: nothing was copied")),
            copied = backup::copy(path, &self.file) => copied.map_err(Failure::refused)?,
        };
        if self.json {
            return output::json(&json!({"file": self.file, "bytes": bytes}));
        }
        Ok(())
    }
}
