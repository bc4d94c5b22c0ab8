//! `keys`: a key's whole life. What it is made with, what it was used for, its replacement, its end.

mod change;
mod coverage;
mod lifetime;
mod make;
mod show;
mod suggest;
mod view;

use clap::Subcommand;

use super::{Done, database};
use crate::{
    config::{self, SharedOptions},
    store::audit::COMMAND_LINE,
};

/// The commands.
#[derive(Subcommand)]
pub enum Command {
    /// Creates a key and shows it once
    Create(make::Create),
    /// Works out the smallest scopes for calls that were logged
    Suggest(suggest::Suggest),
    /// Lists a studio's keys, each replacement beside the key it replaces
    List(show::List),
    /// Shows a key: its limits, its use, and where it was exposed
    Show(show::Show),
    /// Creates a key's replacement, with the same scopes or fewer; the old key works until you revoke it
    Rotate(make::Rotate),
    /// Takes rights from a key: scopes, origins, networks or rate; rights are never added
    Narrow(change::Narrow),
    /// Revokes a key at once
    Revoke(change::Revoke),
    /// Shows a key's calls by operation, outcome and hour
    Usage(show::Usage),
    /// Shows what a replacement has taken over, and when the old key's next call is to be expected
    Coverage(coverage::Coverage),
}

/// Runs one.
pub async fn run(shared: &SharedOptions, command: Command) -> Done {
    match command {
        Command::Create(create) => database::on(shared, async |db| create.run(db).await).await,
        Command::Suggest(suggest) => suggest.run(),
        Command::List(list) => database::read(shared, async |db| list.run(db).await).await,
        Command::Show(show) => database::read(shared, async |db| show.run(db).await).await,
        Command::Rotate(rotate) => database::on(shared, async |db| rotate.run(db).await).await,
        Command::Narrow(narrow) => database::on(shared, async |db| narrow.run(db).await).await,
        Command::Revoke(revoke) => database::on(shared, async |db| revoke.run(db).await).await,
        Command::Coverage(coverage) => database::read(shared, async |db| coverage.run(db).await).await,
        Command::Usage(usage) => database::read(shared, async |db| usage.run(db).await).await,
    }
}

/// Who makes or revokes keys here.
fn by() -> String {
    config::os_user().map_or_else(|| COMMAND_LINE.to_owned(), |user| format!("{COMMAND_LINE} ({user})"))
}
