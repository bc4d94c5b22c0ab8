//! The schedule as a member sees it: public classes and those for members, each with why the member cannot book it, before they
//! try.

use std::collections::HashMap;

use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    model::{Booking, BookingId},
    queries,
    terms::{MemberTerms, StudioTerms},
    window::{BookingRules, BookingState, OwnBooking, OwnBookings, judge},
};
use crate::{
    access::member_tokens::caller::MemberCaller,
    operation::{app::App, describe::Shape, list::ListQuery},
    resources::{
        classes::{Class, ClassId},
        members::{Membership, MembershipId},
        schedule::{self, Occurrence, OccurrenceId, ScheduleFilter, ShownTo, storefront::PublicOccurrence},
    },
    store::{
        error::StoreError,
        id::Named,
        instant::Instant,
        row::{self, Row},
        studio::StudioOn,
    },
    wire::{page::Page, problem::Problem, schema},
};

/// One date of a class, as a member sees it.
#[derive(Debug, Serialize)]
pub struct MemberOccurrence {
    #[serde(flatten)]
    occurrence: PublicOccurrence,
    #[serde(flatten)]
    of_member: Option<OfMember>,
}

/// What a member is told of an occurrence beyond what everyone is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "class_name": "Morning Vinyasa", "booking_id": null,
    "booking": {"open": true, "code": null, "opens_at": "2026-11-17T07:30:00.000000Z", "closes_at": "2026-12-01T07:00:00.000000Z"},
}))]
struct OfMember {
    /// The name of its class.
    #[schema(example = "Morning Vinyasa")]
    class_name: String,
    /// Whether the member can book it now.
    booking: BookingState,
    /// The member's booking of it, a place or a number in the waiting list.
    booking_id: Option<BookingId>,
}

impl Shape for MemberOccurrence {
    fn name() -> String {
        "MemberOccurrence".into()
    }

    fn schema() -> Value {
        let everyone = <PublicOccurrence as Shape>::schema();
        schema::for_answer(schema::with_fields(
            "One date of a class, as a member sees it.",
            everyone,
            &schema::inlined::<OfMember>(),
        ))
    }
}

/// What the document says of the list.
pub const LISTING: &str = "The occurrences of public classes and of those for members. `booking` says of each whether the member who calls \
can book it now, and if not, why: it is judged as booking itself is. Booking is open from `opens_at` on, and until just before \
`closes_at`; a window of 0 minutes opens or closes at the start.";

/// Lists the occurrences that a member sees by their start, the next one first; the cancelled ones say so.
pub async fn list(
    State(app): State<App>,
    caller: MemberCaller,
    mut list: ListQuery<Occurrence, ScheduleFilter, MemberCaller>,
) -> Result<Page<MemberOccurrence>, Problem> {
    list.filter.shown_to = Some(ShownTo::Members);
    let now = app.clock.now();
    let listed = schedule::list(app.db.of(list.studio), list.slice(), &list.filter, now).await?;
    let on = app.db.of(list.studio);
    let known = Known::read(on, caller.membership().same(), &listed.rows).await?;
    let mut of_member = known.of_member(&listed.rows, now)?;
    Ok(list.page_of(listed, |row| MemberOccurrence { of_member: of_member.remove(&row.id), occurrence: row.into() }))
}

/// What is known of the member, and of the classes of a page.
struct Known {
    terms: MemberTerms,
    classes: HashMap<ClassId, Class>,
    own: HashMap<OccurrenceId, Row<Booking>>,
    cancelled: HashMap<OccurrenceId, i64>,
    positions: HashMap<BookingId, i64>,
}

impl Known {
    async fn read(mut on: StudioOn<'_>, member: MembershipId, rows: &[Row<Occurrence>]) -> Result<Self, Problem> {
        let membership = row::find::<Membership>(on.again(), member).await?;
        let membership = membership.ok_or_else(|| Problem::not_found(Membership::NOUN))?;
        let terms = StudioTerms::read(on.again()).await?.of_member(&membership.fields);
        let mut classes: Vec<_> = rows.iter().map(|row| row.fields.class_id).collect();
        classes.sort_unstable();
        classes.dedup();
        let classes = row::find_all::<Class>(on.again(), &classes).await?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let own = queries::of_member_in(on.again(), member, &ids).await?;
        let cancelled = queries::cancelled_by(on.again(), member, &ids).await?;
        let waits: Vec<_> = own.iter().map(|row| row.id).collect();
        let positions = queries::positions(on, &waits).await?;
        Ok(Self {
            terms,
            classes: classes.into_iter().map(|row| (row.id, row.fields)).collect(),
            own: own.into_iter().map(|row| (row.fields.occurrence_id, row)).collect(),
            cancelled: cancelled.into_iter().map(|found| (found.occurrence_id, found.times)).collect(),
            positions: positions.into_iter().map(|found| (found.id, found.position)).collect(),
        })
    }

    fn of_member(&self, rows: &[Row<Occurrence>], now: Instant) -> Result<HashMap<OccurrenceId, OfMember>, StoreError> {
        let mut all = HashMap::new();
        for Row { id, fields, .. } in rows {
            let class = self.classes.get(&fields.class_id);
            let own = self.own.get(id);
            let position = own.and_then(|own| self.positions.get(&own.id).copied());
            let current = own.map(|own| OwnBooking::of(&own.fields, position, fields));
            let had = OwnBookings { current, cancelled: self.cancelled.get(id).copied().unwrap_or_default() };
            let rules = BookingRules::Window(class.and_then(|class| class.booking_window));
            let booking = judge(fields, rules, &self.terms, had, now)?;
            let class_name = class.map(|class| class.name.clone()).unwrap_or_default();
            all.insert(*id, OfMember { class_name, booking, booking_id: own.map(|own| own.id) });
        }
        Ok(all)
    }
}
