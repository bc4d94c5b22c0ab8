//! `keys`: a key's whole life. What it is made with, what it was used for, its replacement, its end.

mod change;
mod lifetime;
mod make;
mod show;
mod view;

use clap::Subcommand;

use super::{Done, opened};
use crate::{
    config::{self, Shared},
    store::db::Db,
};

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Makes a key and shows it, once
    Create(make::Create),
    /// Lists a studio's keys, replacements beside what they replace
    List(show::List),
    /// Shows a key: its bounds, its calls, and where it was exposed
    Show(show::Show),
    /// Makes a key's replacement, with the same scopes or fewer; the old key works until it is revoked
    Rotate(make::Rotate),
    /// Takes something from a key; nothing is ever added
    Narrow(change::Narrow),
    /// Ends a key at once
    Revoke(change::Revoke),
    /// Shows a key's calls by operation and hour
    Usage(show::Usage),
}

/// Runs one.
pub async fn run(shared: &Shared, command: Command) -> Done {
    opened::on(shared, async |db| obey(db, command).await).await
}

async fn obey(db: &Db, command: Command) -> Done {
    match command {
        Command::Create(create) => create.run(db).await,
        Command::List(list) => list.run(db).await,
        Command::Show(show) => show.run(db).await,
        Command::Rotate(rotate) => rotate.run(db).await,
        Command::Narrow(narrow) => narrow.run(db).await,
        Command::Revoke(revoke) => revoke.run(db).await,
        Command::Usage(usage) => usage.run(db).await,
    }
}

/// Who makes or revokes keys here.
fn by() -> String {
    config::os_user().map_or_else(|| "cli".to_owned(), |user| format!("cli ({user})"))
}
