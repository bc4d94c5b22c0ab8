//! Sends what is in the outbox: one task in every instance that has a mail server. A mail is taken by moving the time
//! on at which it is due, so that nobody else takes it meanwhile, and so that it is due again should we end before it
//! is sent. So each mail is sent once, and a second time only where a server took it and we died before we noted that.

use std::time::Duration;

use futures_util::future::join_all;

use super::{
    email::Email,
    mailer::{Mailer, Unsendable},
    outbox::{self, OutboxSignal, Unsent},
    unscoped,
    words::Secrets,
};
use crate::store::{
    clock::{Clock, ClockSteps, random},
    db::Db,
    error::StoreError,
    instant::Instant,
    token::Token,
};

/// How long it rests unless it is notified: other instances write mail, too, and what failed is due again.
pub const SEND_EVERY: Duration = Duration::from_secs(5);
/// Mails that are on their way at once.
const AT_ONCE: usize = 8;
/// The wait after the first failure; it doubles with each further one.
const FIRST_WAIT: Duration = Duration::from_secs(30);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_hours(6);
/// Failures after which a mail is dead: about a day and a half after it was written.
const MOST_TRIES: i64 = 15;

/// Permanent refusals that may be about this mail or about all mails, after which a mail is
/// dead: some four hours after it was written, in which somebody may have mended what is wrong.
const MOST_REFUSALS: i64 = 10;

/// Sends mail for as long as the gateway runs; `looked` is told each time whether the outbox could be read and written.
pub async fn keep_sending(
    db: Db,
    clock: Clock,
    mailer: Mailer,
    outbox_signal: OutboxSignal,
    looked: impl Fn(bool) + Send,
) {
    let mut steps = ClockSteps::of(&clock);
    loop {
        if steps.has_stepped()
            && let Err(cause) = unscoped::bring_forward(&db, clock.now().plus(mailer.timeout() * 4)).await
        {
            cause.log("mail waits for the time that the clock was set back by");
        }
        let sent = send_what_is_due(&db, &clock, &mailer).await;
        looked(sent.is_ok());
        if let Err(cause) = sent {
            cause.log("the outbox cannot be read; trying again later");
        }
        tokio::select! {
            () = outbox_signal.notified() => {}
            () = tokio::time::sleep(SEND_EVERY) => {}
        }
    }
}

async fn send_what_is_due(db: &Db, clock: &Clock, mailer: &Mailer) -> Result<(), StoreError> {
    loop {
        let taken = take_some(db, clock, mailer).await?;
        if taken.is_empty() {
            return Ok(());
        }
        for noted in join_all(taken.iter().map(|(mail, token)| deliver(db, clock, mailer, mail, token.as_ref()))).await
        {
            noted?;
        }
    }
}

async fn take_some(db: &Db, clock: &Clock, mailer: &Mailer) -> Result<Vec<(Unsent, Option<Token>)>, StoreError> {
    let (mut taken, now) = (Vec::new(), clock.now());
    // Longer than all of it takes: who still works on a mail is not overtaken.
    let again_at = now.plus(mailer.timeout() * 4);
    while taken.len() < AT_ONCE {
        let mut tx = db.begin().await?;
        let next = unscoped::take(&mut tx, now, again_at, now.plus(LONGEST_WAIT * 2)).await?;
        tx.commit().await?;
        match next {
            Some(next) => taken.push(next),
            None => break,
        }
    }
    Ok(taken)
}

/// Sends one mail, and notes how that went. The log names no person and no link; of the server's own words it has what is
/// kept of them.
async fn deliver(
    db: &Db,
    clock: &Clock,
    mailer: &Mailer,
    mail: &Unsent,
    token: Option<&Token>,
) -> Result<(), StoreError> {
    if mail.is_outdated(clock.now()) {
        return outbox::sent(db, mail.studio_id, mail).await;
    }
    let email = Email::write(mail, token).and_then(|email| email.address(mail, mailer.from(), clock.now()));
    let sent = match email {
        Ok(message) => mailer.send(&message, &secrets(mailer, mail, token)).await,
        Err(cause) => Err(Unsendable::ForGood(cause.to_string())),
    };
    let (why, most) = match sent {
        Ok(()) => return outbox::sent(db, mail.studio_id, mail).await,
        Err(Unsendable::ForNow(why)) => (why, MOST_TRIES),
        Err(Unsendable::Refused(why)) => (why, MOST_REFUSALS),
        Err(Unsendable::ForGood(why)) => (why, 0),
    };
    let again_at = (mail.tries < most).then(|| next_try(clock.now(), mail.tries));
    if let Some(at) = again_at {
        tracing::warn!(mail = %mail.id, studio = %mail.studio_id, tries = mail.tries, again_at = %at, reason = why, "an e-mail was not sent yet");
    } else {
        tracing::error!(mail = %mail.id, studio = %mail.studio_id, tries = mail.tries, reason = why, "an e-mail is given up: see `outbox show`");
    }
    outbox::failed(db, mail.studio_id, mail, &why, again_at).await
}

/// What the server is sent, or may repeat, and must not be kept of its words.
fn secrets(mailer: &Mailer, mail: &Unsent, token: Option<&Token>) -> Secrets {
    let local_part = mail.email.rsplit_once('@').map_or("", |(local, _)| local);
    let name = mail.first_name.as_deref().unwrap_or_default();
    mailer.secrets().with(token.map_or("", Token::reveal)).with_person(name).with_person(local_part)
}

/// Twice as long after each failure, and up to a quarter more by chance, so that not all come back at once.
fn next_try(now: Instant, tries: i64) -> Instant {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or_default().min(16);
    let wait = (FIRST_WAIT * 2_u32.pow(doublings)).min(LONGEST_WAIT);
    let [chance] = random::<1>();
    now.plus(wait + wait * u32::from(chance) / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_bound() {
        let now = Instant::from_micros(0);
        let mut before = Duration::ZERO;
        for tries in 1..=i64::from(u8::MAX) {
            let wait = Duration::from_micros(next_try(now, tries).micros().unsigned_abs());
            let least = (FIRST_WAIT * 2_u32.pow(u32::try_from(tries - 1).unwrap().min(16))).min(LONGEST_WAIT);
            assert!(wait >= least && wait < least + least / 4 && wait.max(before) <= LONGEST_WAIT * 5 / 4, "{tries}");
            before = wait;
        }
    }
}
