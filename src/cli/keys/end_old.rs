//! `keys end-old`: that a rotation ends the old key by itself.

use clap::{ArgGroup, Args};

use super::by;
use crate::{
    access::{
        keys,
        rotation_end::{self, MOST_DAYS, RotationEnd},
        stored::{KeyId, StoredKey},
    },
    cli::{Done, database, output},
    store::{clock::Clock, db::Db, instant::Instant},
};

/// Chooses that a key which has a replacement ends by itself, or cancels that
///
/// A key that somebody revokes ends at once, whatever is chosen here. Its end is never moved later: a key that expires
/// earlier than the chosen day keeps that.
#[derive(Args)]
#[group(skip)]
#[command(group = ArgGroup::new("what").required(true))]
pub struct EndOld {
    /// The id of the old key, `key_…`, from `keys list`
    key_id: KeyId,
    /// Ends it so many days after the first admitted call with its replacement, or after now if there was one; until then a
    /// running server looks for that call
    #[arg(long, value_name = "DAYS", group = "what", value_parser = clap::value_parser!(u32).range(1..=i64::from(MOST_DAYS)))]
    after: Option<u32>,
    /// Cancels what was chosen: the key works until you revoke it, or until the end that it had before
    #[arg(long, group = "what")]
    cancel: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

impl EndOld {
    /// Runs it.
    pub async fn run(self, db: &Db) -> Done {
        let studio = database::studio_of(db, self.key_id).await?;
        let days = self.after.filter(|_| !self.cancel);
        rotation_end::choose(db, studio, self.key_id, days, &by(), Clock::System.now()).await?;
        let key = keys::find(db.of(studio), self.key_id).await?;
        let end = rotation_end::find(db.of(studio), self.key_id).await?;
        if self.json {
            return output::json(&end);
        }
        let text = in_words(end.as_ref(), key.expires_at);
        eprintln!("{} ({}): {text}", key.id, key.masked());
        Ok(())
    }
}

/// What a rotation does with the old key.
pub fn in_words(end: Option<&RotationEnd>, expires_at: Option<Instant>) -> String {
    match (end, expires_at) {
        (Some(RotationEnd { set_at: Some(_), .. }), Some(at)) => {
            format!("ends at {at}, as was chosen for its rotation")
        }
        (Some(RotationEnd { days, .. }), _) => {
            let days = output::counted(i64::from(*days), "day");
            format!("ends {days} after the first admitted call with its replacement")
        }
        (None, Some(at)) => format!("its rotation does not end it; it expires at {at}"),
        (None, None) => "works until it is revoked".to_owned(),
    }
}

/// What follows from a replacement that was just made.
pub fn what_to_do(old: &StoredKey, end: Option<&RotationEnd>) -> String {
    let id = old.id;
    let check = format!("Deploy it. Check with `flow-gateway keys coverage {id}` that it has taken over all calls");
    match end {
        Some(_) => format!(
            "{check}. The old key {}; `flow-gateway keys end-old {id} --cancel` cancels that.",
            in_words(end, old.expires_at)
        ),
        None => format!("{check}, then revoke the old key."),
    }
}
