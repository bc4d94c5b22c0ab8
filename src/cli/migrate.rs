//! `migrate`: updates a database to the current schema, for servers that run with `--no-migrate`.

use clap::Args;
use serde_json::json;

use super::{Done, database, output};
use crate::{
    config::SharedOptions,
    store::{migrate::CURRENT, open::OpenMode},
};

/// The command's arguments.
#[derive(Args)]
pub struct Migrate {
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl Migrate {
    /// Runs it.
    pub async fn run(self, shared: &SharedOptions) -> Done {
        database::with(shared, OpenMode::MIGRATE, async |_| Ok(())).await?;
        if self.json {
            return output::json(&json!({"schema": CURRENT}));
        }
        eprintln!("the database has the current schema, step {CURRENT}");
        Ok(())
    }
}
