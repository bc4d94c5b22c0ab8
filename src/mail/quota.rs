//! How many mails a studio may send: so many an hour to one address, and so many to all. A mail counts when it is written to
//! the outbox, in that transaction, by its address, whichever membership it is about; so it counts also where another takes
//! its place before it is sent. What is tried again, by the sender or by an operator, does not count again. Of an address the
//! SHA-256 is kept, for an hour.
//!
//! An instance without a mail server counts nothing: what it writes stays in the outbox, one mail for a membership, until
//! an operator sets up a server that sends it.

use std::time::Duration;

use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::store::{error::StoreError, instant::Instant, mailbox, record::Record, studio::StudioOn};

/// The time in which mails are counted.
pub(super) const HOUR: Duration = Duration::from_hours(1);
/// How far the clocks of two instances are apart at the most.
const APART: Duration = Duration::from_mins(1);
/// Mails to one address in that time.
const MOST_TO_ONE: i64 = 10;
/// Mails of a studio in that time.
const MOST_TO_ALL: i64 = 1000;
/// The key of the count of all addresses.
const ALL: &str = "";

/// The bound of what is sent, or none.
#[derive(Clone, Copy, Debug)]
pub struct MailQuota {
    on: bool,
}

impl MailQuota {
    /// A bound that is on, or that lets everything pass.
    pub fn new(on: bool) -> Self {
        Self { on }
    }

    /// Counts a mail of this transaction. Where it is one too many, says how long the studio has to wait before it sends
    /// another to this address; the transaction must not be committed then.
    pub async fn spend(self, mut on: StudioOn<'_>, email: &str, now: Instant) -> Result<Option<Duration>, StoreError> {
        if !self.on {
            return Ok(None);
        }
        let to_one = count(on.again(), hash(email), now).await?.wait(MOST_TO_ONE, now);
        let to_all = count(on, ALL.to_owned(), now).await?.wait(MOST_TO_ALL, now);
        Ok(to_one.max(to_all))
    }
}

#[derive(Deserialize)]
struct SentMails {
    since: Instant,
    count: i64,
}

impl Record for SentMails {}

impl SentMails {
    /// How long until the hour is over in which there were too many.
    fn wait(&self, most: i64, now: Instant) -> Option<Duration> {
        let left = self.since.plus(HOUR).micros() - now.micros();
        (self.count > most).then(|| Duration::from_micros(left.unsigned_abs()))
    }
}

/// Counts one more; how many there are with it. The row is locked from here on, so nobody counts the same one.
async fn count(on: StudioOn<'_>, whom: String, now: Instant) -> Result<SentMails, StoreError> {
    // An hour that begins in the future was begun before the clock was set back, and bounds nobody for so long.
    let text = "insert into mail_counts (studio_id, whom, since, count) values ($1, $2, $3, 1) \
        on conflict (studio_id, whom) do update set \
        count = case when mail_counts.since > $4 and mail_counts.since <= $5 then mail_counts.count + 1 else 1 end, \
        since = case when mail_counts.since > $4 and mail_counts.since <= $5 then mail_counts.since else $3 end \
        returning {row}";
    let statement = on.query(text).bind(whom).bind(now);
    let sent = statement.bind(now.minus(HOUR)).bind(now.plus(APART)).optional().await?;
    sent.ok_or_else(|| StoreError::Broken("a count of mails is gone".to_owned()))
}

fn hash(email: &str) -> String {
    hex::encode(Sha256::digest(mailbox::key(email)))
}
