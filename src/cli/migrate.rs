//! `migrate`: brings a database to the current schema, for those who let their servers start with `--no-migrate`.

use super::{Done, opened};
use crate::{config::Shared, store::open};

/// Runs it.
pub async fn run(shared: &Shared) -> Done {
    open::open(&opened::place(shared)?, true).await?.close().await;
    eprintln!("the database has the current schema");
    Ok(())
}
