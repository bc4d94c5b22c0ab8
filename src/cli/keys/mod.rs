//! `keys`: creates, lists, shows, replaces, renames, narrows and revokes keys, and shows their use.

mod change;
mod coverage;
mod end_old;
mod lifetime;
mod make;
mod show;
mod suggest;
mod view;

use clap::Subcommand;

use super::{Done, database};
use crate::{
    config::{self, SharedOptions},
    store::audit::{Actor, COMMAND_LINE},
};

/// The commands.
#[derive(Subcommand)]
pub enum KeysCommand {
    Create(make::CreateKey),
    Suggest(suggest::Suggest),
    /// Lists a studio's keys, each replacement beside the key it replaces
    List(show::ListKeys),
    /// Shows a key: its settings, its use, and where it was exposed
    Show(show::ShowKey),
    Rotate(make::Rotate),
    EndOld(end_old::EndOld),
    Rename(change::Rename),
    Narrow(change::Narrow),
    Revoke(change::Revoke),
    /// Shows a key's calls by operation, outcome and hour
    Usage(show::KeyUsage),
    Coverage(coverage::KeyCoverage),
}

/// Runs one.
pub async fn run(shared: &SharedOptions, command: KeysCommand) -> Done {
    match command {
        KeysCommand::Create(create) => database::on(shared, async |db| create.run(db).await).await,
        KeysCommand::Suggest(suggest) => suggest.run(),
        KeysCommand::List(list) => database::read(shared, async |db| list.run(db).await).await,
        KeysCommand::Show(show) => database::read(shared, async |db| show.run(db).await).await,
        KeysCommand::Rotate(rotate) => database::on(shared, async |db| rotate.run(db).await).await,
        KeysCommand::EndOld(end_old) => database::on(shared, async |db| end_old.run(db).await).await,
        KeysCommand::Rename(rename) => database::on(shared, async |db| rename.run(db).await).await,
        KeysCommand::Narrow(narrow) => database::on(shared, async |db| narrow.run(db).await).await,
        KeysCommand::Revoke(revoke) => database::on(shared, async |db| revoke.run(db).await).await,
        KeysCommand::Coverage(coverage) => database::read(shared, async |db| coverage.run(db).await).await,
        KeysCommand::Usage(usage) => database::read(shared, async |db| usage.run(db).await).await,
    }
}

/// Who makes or revokes keys here.
fn by() -> Actor {
    Actor { label: config::os_user(), ..COMMAND_LINE.into() }
}
