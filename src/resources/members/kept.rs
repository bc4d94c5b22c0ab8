//! All that is kept of one person, for somebody who asks what that is. Called by the command line. What only we can read, such as
//! the hash of a password, is named by the time at which it was set.

use serde::{Deserialize, Serialize};

use super::{
    calendar::{self, CalendarFeed},
    model::{Membership, MembershipId},
};
use crate::{
    resources::bookings::{self, KeptBooking},
    store::{
        audit::{self, AuditFilter, Entry},
        error::StoreError,
        filter::LogOrder,
        instant::Instant,
        record::{Record, truth},
        row::{self, Row},
        studio::StudioOn,
    },
    wire::language::Language,
};

/// Rows of the audit log that are shown at the most.
const MOST_CHANGES: i64 = 10_000;

/// All that is kept of a person in one studio.
#[derive(Debug, Serialize)]
pub struct KeptOfPerson {
    /// The membership.
    pub membership: Row<Membership>,
    /// What they sign in with, and what they said of offers.
    pub account: KeptAccount,
    /// Where they are signed in.
    pub sessions: Vec<KeptSession>,
    /// Since when there is a link to their calendar; null where there is none.
    pub calendar_feed: Option<CalendarFeed>,
    /// What they booked.
    pub bookings: Vec<KeptBooking>,
    /// E-mail that is still to be sent to them.
    pub unsent_mail: Vec<KeptMail>,
    /// Links in e-mails that were sent to them.
    pub links: Vec<KeptLink>,
    /// Who changed what of the membership.
    pub changes_of: Vec<Entry>,
    /// What they changed themselves.
    pub changes_by: Vec<Entry>,
}

/// What somebody signs in with.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptAccount {
    /// When the password was set; null where there is none.
    pub password_set_at: Option<Instant>,
    /// The language in which they signed in last, and get e-mail; null before that.
    pub language: Option<Language>,
    /// Whether they withdrew the consent to hear of offers.
    #[serde(deserialize_with = "truth")]
    pub consent_withdrawn: bool,
}

impl Record for KeptAccount {}

/// A browser that is signed in.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptSession {
    /// When they signed in.
    pub created_at: Instant,
    /// When the session was used last.
    pub seen_at: Instant,
    /// When it ends.
    pub expires_at: Instant,
    /// The network that it was begun from, without the part that tells one machine from another.
    pub network: Option<String>,
}

impl Record for KeptSession {}

/// An e-mail that was not sent yet.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptMail {
    /// When it was written.
    pub created_at: Instant,
    /// What it is about.
    pub kind: String,
    /// What becomes of it.
    pub status: String,
    /// The address that it goes to, if that is another than the membership's.
    pub address: Option<String>,
}

impl Record for KeptMail {}

/// A link in an e-mail that still works, without what opens it.
#[derive(Debug, Serialize, Deserialize)]
pub struct KeptLink {
    /// What it opens.
    pub purpose: String,
    /// Until when.
    pub expires_at: Instant,
    /// The new address that it confirms, if it does.
    pub address: Option<String>,
}

impl Record for KeptLink {}

/// Reads it.
///
/// # Errors
/// When the database fails. `None` where there is no such membership.
pub async fn kept_of(mut on: StudioOn<'_>, id: MembershipId) -> Result<Option<KeptOfPerson>, StoreError> {
    let Some(membership) = row::find::<Membership>(on.again(), id).await? else { return Ok(None) };
    let text = "select (select set_at from member_passwords as p where p.studio_id = $1 and p.membership_id = $2) \
        as password_set_at, language, consent_withdrawn from members where studio_id = $1 and id = $2";
    let account = on.again().query(text).bind(id).all::<KeptAccount>().await?.pop();
    let account = account.ok_or_else(|| StoreError::Broken("a membership is gone".into()))?;
    let text = "select * from member_sessions where studio_id = $1 and membership_id = $2 order by created_at, id";
    let sessions = on.again().query(text).bind(id).all().await?;
    let text = "select * from outbox where studio_id = $1 and membership_id = $2 order by id";
    let unsent_mail = on.again().query(text).bind(id).all().await?;
    let text = "select * from mail_links where studio_id = $1 and membership_id = $2 order by expires_at";
    let links = on.again().query(text).bind(id).all().await?;
    let of = AuditFilter { subject: Some(id.to_string()), ..AuditFilter::default() };
    let by = AuditFilter { by: Some(id.to_string()), ..AuditFilter::default() };
    Ok(Some(KeptOfPerson {
        membership,
        account,
        sessions,
        calendar_feed: calendar::find(on.again(), id).await?,
        bookings: bookings::kept_of(on.again(), id).await?,
        unsent_mail,
        links,
        changes_of: audit::list(on.again(), &of, LogOrder::Oldest(None), MOST_CHANGES).await?,
        changes_by: audit::list(on, &by, LogOrder::Oldest(None), MOST_CHANGES).await?,
    }))
}
