//! The search for a member to book: by parts of the name or the address, as the list of members searches.

use super::view::NamedMember;
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    dashboard::{members::name_of, texts::TEXTS},
    operation::app::App,
    resources::{
        bookings::{BookingStatus, roster::RosterEntry},
        members::{self, MemberFilter, Membership, MembershipStatus},
    },
    store::row::{Row, Slice},
    wire::{problem::Problem, search::Search},
};

/// Members that a search shows.
const MOST_FOUND: i64 = 20;

/// What a search found.
#[derive(Default)]
pub(super) struct Candidates {
    pub found: Vec<FoundMember>,
    pub has_more: bool,
    /// Whether what was typed is no search.
    pub is_bad: bool,
}

/// A member who matches.
pub(super) struct FoundMember {
    pub member: NamedMember,
    /// Why they cannot be booked.
    pub why_not: Option<&'static str>,
}

impl Candidates {
    /// The members who match what was typed; none where nothing was.
    pub(super) async fn find(
        app: &App,
        caller: &StaffCaller,
        typed: &str,
        roster: &[RosterEntry],
    ) -> Result<Self, Problem> {
        if typed.trim().is_empty() {
            return Ok(Self::default());
        }
        let Ok(search) = typed.parse::<Search>() else { return Ok(Self { is_bad: true, ..Self::default() }) };
        let slice = Slice { words: search.words().to_vec(), ..Slice::first(MOST_FOUND) };
        let listed = members::list(app.db.of(caller.studio()), slice, &MemberFilter::default()).await?;
        let known = listed.rows.iter().filter(|member| !member.fields.is_erased());
        let found = known.map(|member| FoundMember::of(member, roster)).collect();
        Ok(Self { found, has_more: listed.more, is_bad: false })
    }
}

impl FoundMember {
    fn of(member: &Row<Membership>, roster: &[RosterEntry]) -> Self {
        let (t, it) = (&TEXTS, &member.fields);
        let (name, email) = name_of(it.first_name.as_deref(), it.last_name.as_deref(), &it.email);
        let own = roster.iter().find(|entry| entry.membership_id == member.id);
        let why_not = match own.map(|entry| entry.status) {
            Some(BookingStatus::Waiting) => Some(t.waits),
            Some(_) => Some(t.has_a_place),
            None if it.status != MembershipStatus::Active => Some(t.membership(it.status)),
            None => None,
        };
        Self { member: NamedMember { id: member.id, name, email }, why_not }
    }
}
