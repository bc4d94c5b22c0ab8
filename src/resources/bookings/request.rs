//! What a booking depends on, read where the timetable stands still: the occurrence with its places, the member, the class's
//! window, and what the member has booked of it already.

use super::{
    model::Booking,
    queries,
    terms::StudioTerms,
    window::{self, BookingRules, BookingState, OwnBooking, OwnBookings},
};
use crate::{
    resources::{
        classes::Class,
        members::{Membership, MembershipId},
        schedule::{self, Occurrence, OccurrenceId},
        visibility::Visibility,
    },
    store::{
        error::StoreError,
        id::Named,
        row::{self, Row},
        turns::TimetableTx,
    },
    wire::problem::{Fault, Problem},
};

/// Who books, and for whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booker {
    /// The member, of what members see, within the window of the class.
    Member(MembershipId),
    /// Staff for a member, at any time until the occurrence ends.
    Staff(MembershipId),
}

impl Booker {
    /// For whom.
    pub fn membership(self) -> MembershipId {
        match self {
            Self::Member(id) | Self::Staff(id) => id,
        }
    }

    /// The rules that the booker goes by; `None` where the class is not shown to them.
    fn rules(self, class: &Class) -> Option<BookingRules> {
        match self {
            Self::Staff(_) => Some(BookingRules::Anytime),
            Self::Member(_) if class.visibility == Visibility::Hidden => None,
            Self::Member(_) => Some(BookingRules::Window(class.booking_window)),
        }
    }
}

/// What is known before a booking is made.
pub struct BookingRequest {
    /// The occurrence.
    pub occurrence: Row<Occurrence>,
    /// What the member has of it already.
    pub own: Option<Row<Booking>>,
    /// Whether it can be booked.
    pub state: BookingState,
}

/// Reads it.
///
/// # Errors
/// `validation_failed` when the occurrence is not there for this booker; `not_found` for a membership that is not there.
pub async fn read(tx: &mut TimetableTx, id: OccurrenceId, booker: Booker) -> Result<BookingRequest, Problem> {
    let occurrence = schedule::find(tx.on(), id).await?.ok_or_else(no_occurrence)?;
    let class = row::find::<Class>(tx.on(), occurrence.fields.class_id).await?;
    let class = class.ok_or_else(|| StoreError::Broken("an occurrence has no class".into()))?;
    let rules = booker.rules(&class.fields).ok_or_else(no_occurrence)?;
    let membership = booker.membership();
    let member = row::lock::<Membership>(tx.on(), membership).await?;
    let member = member.ok_or_else(|| Problem::not_found(Membership::NOUN))?;
    let terms = StudioTerms::read(tx.on()).await?.of_member(&member.fields);
    let own = queries::find_of(tx.on(), id, membership).await?;
    let position = match &own {
        Some(own) => queries::positions(tx.on(), &[own.id]).await?.pop().map(|found| found.position),
        None => None,
    };
    let current = own.as_ref().map(|own| OwnBooking::of(&own.fields, position, &occurrence.fields));
    let cancelled = queries::cancelled_by(tx.on(), membership, &[id]).await?.pop().map_or(0, |found| found.times);
    let state = window::judge(&occurrence.fields, rules, &terms, OwnBookings { current, cancelled }, tx.now.clock)?;
    Ok(BookingRequest { occurrence, own, state })
}

fn no_occurrence() -> Problem {
    Problem::invalid(vec![Fault::at("/occurrence_id", format!("names no {} of this studio", Occurrence::NOUN))])
}
