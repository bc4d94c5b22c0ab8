//! A session as it is stored, and as a request finds it.

use std::time::Duration;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::{
    store::{
        bind::bind_as_word,
        id::{Id, Named, StudioId},
        instant::Instant,
        record::{Record, truth},
        token::Token,
    },
    wire::{language::Language, text::TimeZone},
};

/// A session ends when it was not used for so long.
pub const IDLE_END: Duration = Duration::from_hours(12);
/// A session ends so long after it began, however it is used.
pub const ABSOLUTE_END: Duration = Duration::from_hours(14 * 24);
/// How long a password that was typed counts for what asks for it anew.
pub const FRESH_FOR: Duration = Duration::from_mins(10);
/// How often it is noted that a session is used.
const NOTED_EVERY: Duration = Duration::from_mins(1);

/// What a `usr_…` id names.
#[derive(Clone, Copy, Debug)]
pub enum StaffRow {}

impl Named for StaffRow {
    const PREFIX: &'static str = "usr";
    const NOUN: &'static str = "staff member";
}

/// The id of somebody of the staff.
pub type StaffId = Id<StaffRow>;

/// What somebody of the staff may do in the dashboard; each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads.
    Viewer,
    /// Manages keys and content as well.
    Developer,
    /// Everything.
    Owner,
}

bind_as_word!(Role);

/// What a `ses_…` id names.
#[derive(Clone, Copy, Debug)]
pub enum SessionRow {}

impl Named for SessionRow {
    const PREFIX: &'static str = "ses";
    const NOUN: &'static str = "session";
}

/// The id of a session.
pub type SessionId = Id<SessionRow>;

/// A row of the table `sessions`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    /// The SHA-256 of the token in the cookie.
    pub token_hash: String,
    /// What it is called where it is shown.
    pub id: SessionId,
    /// The studio that it works for.
    pub studio_id: StudioId,
    /// Who it is there.
    pub staff_id: StaffId,
    /// When it began.
    pub created_at: Instant,
    /// When it was used last, to the minute.
    pub seen_at: Instant,
    /// When the password was typed last.
    pub authenticated_at: Instant,
    /// When it ends, however it is used.
    pub expires_at: Instant,
    /// The network that it was begun from, without what tells one machine from another.
    pub network: Option<IpNet>,
}

impl Record for Session {}

impl Session {
    /// Whether it has ended by itself.
    pub fn is_over(&self, now: Instant) -> bool {
        is_over(self.expires_at, self.seen_at, now)
    }
}

fn is_over(expires_at: Instant, seen_at: Instant, now: Instant) -> bool {
    expires_at <= now || seen_at.plus(IDLE_END) <= now
}

/// A session as a request finds it: its row, and who that is.
#[derive(Clone, Debug, Deserialize)]
pub struct LiveSession {
    /// The SHA-256 of the token in the cookie.
    pub token_hash: String,
    /// What it is called where it is shown.
    pub id: SessionId,
    /// The studio that it works for.
    pub studio_id: StudioId,
    /// That studio's name.
    pub studio_name: String,
    /// The time zone in which its pages show times.
    pub time_zone: TimeZone,
    /// Who it is.
    pub staff_id: StaffId,
    /// What they sign in with.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Who it is in other studios.
    pub others: Vec<StaffId>,
    /// When it was used last, to the minute.
    pub seen_at: Instant,
    /// When the password was typed last.
    pub authenticated_at: Instant,
    /// When it ends, however it is used.
    pub expires_at: Instant,
    /// Whether the person has a second factor.
    #[serde(deserialize_with = "truth")]
    pub has_second_factor: bool,
    /// Since when the studio asks its staff for one, if it does.
    pub second_factor_required_since: Option<Instant>,
    /// The language that the person chose; otherwise the browser's.
    pub language: Option<Language>,
}

impl Record for LiveSession {
    const JSON: &'static [&'static str] = &["others"];
}

impl LiveSession {
    /// The accounts that it signs in to: the one that it works for, and those in other studios.
    pub fn accounts(&self) -> impl Iterator<Item = StaffId> {
        std::iter::once(self.staff_id).chain(self.others.iter().copied())
    }

    /// Whether the person must turn on a second factor before anything else.
    pub fn lacks_second_factor(&self) -> bool {
        self.second_factor_required_since.is_some() && !self.has_second_factor
    }

    /// Whether it has ended by itself.
    pub fn is_over(&self, now: Instant) -> bool {
        is_over(self.expires_at, self.seen_at, now)
    }

    /// Whether the password was typed a moment ago.
    pub fn is_fresh(&self, now: Instant) -> bool {
        // A time to come was noted before the clock was set back, and says nothing of how long ago that was.
        now < self.authenticated_at.plus(FRESH_FOR) && self.authenticated_at < now.plus(FRESH_FOR)
    }

    pub(super) fn is_to_be_noted(&self, now: Instant) -> bool {
        self.seen_at.plus(NOTED_EVERY) <= now
    }
}

/// A session that begins now.
pub fn begun(token: &Token, studio: StudioId, staff: StaffId, now: Instant) -> Session {
    Session {
        token_hash: token.hash(),
        id: Id::new(now),
        studio_id: studio,
        staff_id: staff,
        created_at: now,
        seen_at: now,
        authenticated_at: now,
        expires_at: now.plus(ABSOLUTE_END),
        network: None,
    }
}
