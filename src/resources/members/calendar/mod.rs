//! The private calendar of a member: a link with which calendar programs read the member's bookings without a password. The member
//! makes and revokes it, with a token ([`me`]) or on the page of their account. What the link answers stands in
//! `resources::bookings::calendar`.
//!
//! Promises that of the link's secret the SHA-256 alone is kept, so that a link is shown once; that a membership has one link, and a
//! new one ends the one before; and that it ends for good with the membership, with a password that a mailed link sets, and with an
//! address that the studio sets.
//!
//! Decision: the member's own change of password leaves it alone. It stands in programs on their devices, and the account shows since
//! when there is one.

pub mod me;
pub(super) mod queries;
mod unscoped;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;

pub use self::{
    queries::{CalendarFeed, find},
    unscoped::{CalendarHolder, holder},
};
use super::{
    accounts::{links::actor_of, lock_current},
    model::{Membership, MembershipId},
};
use crate::{
    access::{key::letters, network::Network},
    operation::{app::App, describe::own_shape},
    signin::sign_in::write_slot,
    store::{
        audit::{Action, Subject},
        error::StoreError,
        id::{Named, StudioId},
        instant::Instant,
        studio::StudioTx,
        token::Token,
        turns::WriteTx,
    },
    wire::{mask::CALENDAR_PREFIX, problem::Problem},
};

/// Where calendars are read: the secret follows, and [`FILE_ENDING`].
pub const CALENDARS: &str = "/calendar/";
/// How the path of a calendar ends.
pub const FILE_ENDING: &str = ".ics";
/// Base62 letters of a secret: 256 bits.
const SECRET_LETTERS: usize = 43;

/// Who makes or revokes a link: a member, from a network.
#[derive(Clone, Copy, Debug)]
pub struct CalendarOwner {
    /// The studio.
    pub studio: StudioId,
    /// The membership.
    pub membership: MembershipId,
    /// The network that they call from.
    pub network: Network,
}

/// A link to a calendar, at the one moment that it is shown. Without `Debug`, because it holds the secret.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "created_at": "2026-03-01T09:00:00.000000Z",
    "url": "https://members.example/calendar/flow_cf_….ics",
    "webcal_url": "webcal://members.example/calendar/flow_cf_….ics",
}))]
pub struct CalendarLink {
    /// When it was made.
    pub created_at: Instant,
    /// The address of the calendar. Whoever knows it reads the member's bookings.
    pub url: String,
    /// The same, as a link that opens a calendar program.
    pub webcal_url: String,
}

own_shape!(CalendarLink);

/// Whether a text has the form of a secret.
pub fn is_secret(text: &str) -> bool {
    let letters = text.strip_prefix(CALENDAR_PREFIX).unwrap_or_default();
    letters.len() == SECRET_LETTERS && letters.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn mint() -> SecretString {
    let secret: String = CALENDAR_PREFIX.chars().chain(letters().take(SECRET_LETTERS)).collect();
    secret.into()
}

/// Makes a link, in place of the one that there was.
///
/// # Errors
/// When the membership is over by now, the member made too many changes, or the database fails.
pub async fn make(app: &App, owner: CalendarOwner) -> Result<CalendarLink, Problem> {
    let _slot = write_slot(app, owner.studio, owner.network).await?;
    let mut tx = begin(app, owner).await?;
    // Revoking is not limited: there is at most one to revoke for each that was made.
    app.access.change_limits.take_own(owner.membership.same(), app.clock.uptime())?;
    let (secret, id, created_at) = (mint(), owner.membership, tx.now.clock);
    queries::put(tx.on(), id, Token::hash_of(secret.expose_secret()), created_at).await?;
    note(&mut tx, owner, "members.make_calendar_link").await?;
    tx.commit().await?;
    let url = format!("{}{CALENDARS}{}{FILE_ENDING}", app.urls.members, secret.expose_secret());
    let webcal_url = url.split_once("://").map(|(_, rest)| format!("webcal://{rest}")).unwrap_or_default();
    Ok(CalendarLink { created_at, url, webcal_url })
}

/// Revokes the link, if there is one.
///
/// # Errors
/// As [`make`].
pub async fn revoke(app: &App, owner: CalendarOwner) -> Result<(), Problem> {
    let _slot = write_slot(app, owner.studio, owner.network).await?;
    let mut tx = begin(app, owner).await?;
    if queries::remove(tx.on(), owner.membership).await? {
        note(&mut tx, owner, "members.revoke_calendar_link").await?;
    }
    tx.commit().await?;
    Ok(())
}

/// A transaction in which the membership does not change.
async fn begin(app: &App, owner: CalendarOwner) -> Result<StudioTx, Problem> {
    let mut tx = app.db.begin_studio(&app.clock, owner.studio, 1).await?;
    let member = lock_current(&mut tx, owner.membership).await?;
    member.map(|_| tx).ok_or_else(|| Problem::not_found(Membership::NOUN))
}

async fn note(tx: &mut StudioTx, owner: CalendarOwner, action: &'static str) -> Result<(), StoreError> {
    let actor = actor_of(owner.membership, owner.network);
    tx.note(Action::by(&actor, action, Subject::of(owner.membership))).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_new_each_time_and_is_masked_wherever_it_is_printed() {
        let (one, other) = (mint(), mint());
        assert_ne!(one.expose_secret(), other.expose_secret());
        for secret in [one, other] {
            let text = secret.expose_secret();
            assert!(is_secret(text), "{}", text.len());
            let masked = crate::wire::mask::mask_path(text).into_owned();
            assert_eq!(masked, format!("{CALENDAR_PREFIX}…{}", &text[text.len() - 4..]));
            assert!(!format!("{secret:?}").contains(&text[CALENDAR_PREFIX.len()..]));
        }
        for other in ["", "flow_cf_", "flow_sk_0123456789012345678901234567890123456789012", "flow_cf_x"] {
            assert!(!is_secret(other), "{other}");
        }
    }
}
