//! `backup`: copies a SQLite database while servers and commands use it.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::{Done, Failure, database, output};
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
    /// Copies the file as it is, whatever its schema version.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        let terminated = signal::terminated();
        let location = database::location(shared)?;
        let DatabaseLocation::File(path) = &location else {
            return Err(Failure::refused("this is a PostgreSQL database: copy it with pg_dump"));
        };
        if !path.exists() {
            return Err(OpenError::Absent(location.shown()).into());
        }
        let bytes = tokio::select! {
            // A dropped copy removes its incomplete file.
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
