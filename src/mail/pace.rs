//! How many mails a studio may send: so many an hour to one address, and so many to all. What is counted is mail that went
//! out, by address, whichever membership it was about; a mail that was replaced before it was sent reached nobody. Of an
//! address the SHA-256 is kept, for an hour.

use std::time::Duration;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::store::{
    db::{On, Tx},
    error::StoreError,
    id::StudioId,
    instant::Instant,
    record::Record,
};

/// The time in which mails are counted.
pub(super) const HOUR: Duration = Duration::from_hours(1);
/// Mails to one address in that time.
const MOST_TO_ONE: i64 = 10;
/// Mails of a studio in that time.
const MOST_TO_ALL: i64 = 1000;
/// What stands for all addresses.
const ALL: &str = "";

#[derive(Deserialize)]
struct Sent {
    whom: String,
    since: Instant,
    count: i64,
}

impl Record for Sent {}

/// How long a studio has to wait before it sends another mail to an address; nothing when it need not.
///
/// # Errors
/// When the database fails.
pub async fn wait(on: On<'_>, studio: StudioId, email: &str, now: Instant) -> Result<Option<Duration>, StoreError> {
    let text = "select {rows} from (select whom, since, count from mail_counts where studio_id = $1 and whom in ($2, $3) \
        and since > $4) as found";
    let statement = on.query(text).bind(studio).bind(hash(email)).bind(ALL.to_owned()).bind(now.minus(HOUR));
    let full = statement.all::<Sent>().await?.into_iter().filter(|sent| {
        let most = if sent.whom == ALL { MOST_TO_ALL } else { MOST_TO_ONE };
        sent.count >= most
    });
    let left = full.map(|sent| sent.since.plus(HOUR).micros() - now.micros()).max();
    Ok(left.map(|micros| Duration::from_micros(micros.unsigned_abs())))
}

/// Counts a mail that went out.
pub(super) async fn count(tx: &mut Tx, studio: StudioId, email: &str, now: Instant) -> Result<(), StoreError> {
    for whom in [hash(email), ALL.to_owned()] {
        let text = "insert into mail_counts (studio_id, whom, since, count) values ($1, $2, $3, 1) \
            on conflict (studio_id, whom) do update set \
            count = case when mail_counts.since > $4 then mail_counts.count + 1 else 1 end, \
            since = case when mail_counts.since > $4 then mail_counts.since else $3 end";
        let statement = tx.on().query(text).bind(studio).bind(whom).bind(now).bind(now.minus(HOUR));
        statement.execute().await?;
    }
    Ok(())
}

fn hash(email: &str) -> String {
    hex::encode(Sha256::digest(email.to_lowercase()))
}
