//! What a member does about their calendar with a token: see that there is a link, make one, revoke it.

use axum::extract::State;

use super::{CalendarFeed, CalendarLink, CalendarOwner, find};
use crate::{
    access::{caller::Caller, member_tokens::caller::MemberCaller},
    operation::{
        app::App,
        shown::{Ended, FoundOne, NoQuery, ShownOnce},
    },
    wire::problem::{Code, Problem},
};

/// What the document says of asking.
pub const SHOWING: &str = "Says since when there is a link to the member's calendar; 404 `not_found` where there is none. The link \
itself is shown only by the call that makes it.";

/// Says whether there is a link.
pub async fn show(
    State(app): State<App>,
    caller: MemberCaller,
    NoQuery: NoQuery,
) -> Result<FoundOne<CalendarFeed>, Problem> {
    let found = find(app.db.of(caller.studio()), caller.membership().same()).await?;
    found.map(FoundOne).ok_or_else(|| Problem::new(Code::NotFound, "There is no link to this member's calendar."))
}

/// What the document says of making.
pub const MAKING: &str = "Makes a link with which calendar programs read the member's bookings (iCalendar, RFC 5545), without a token. \
Only this answer shows it. A new link ends the one before at once: if a call is sent twice, only the second link works. There \
is no `Idempotency-Key`, since no answer with a link is kept.

The calendar has the classes of the last 90 days and all to come; what was cancelled in the last 30 days stays as cancelled, and a place \
in a waiting list is not in it. An event has the same `UID` and `SEQUENCE` as in the files that come with e-mails. The link ends when the membership is over, when a mailed \
link sets a new password, and when the studio changes the address.";

/// Makes a link.
pub async fn make(
    State(app): State<App>,
    caller: MemberCaller,
    NoQuery: NoQuery,
) -> Result<ShownOnce<CalendarLink>, Problem> {
    super::make(&app, owner(&caller)).await.map(ShownOnce)
}

/// What the document says of revoking.
pub const REVOKING: &str = "Revokes the link to the member's calendar at once. Where there is none, nothing changes.";

/// Revokes the link.
pub async fn revoke(State(app): State<App>, caller: MemberCaller, NoQuery: NoQuery) -> Result<Ended, Problem> {
    super::revoke(&app, owner(&caller)).await.map(|()| Ended)
}

fn owner(caller: &MemberCaller) -> CalendarOwner {
    CalendarOwner { studio: caller.studio(), membership: caller.membership().same(), network: caller.network() }
}
