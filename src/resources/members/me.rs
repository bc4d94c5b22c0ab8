//! A membership as its member has it: what they may read of it, and their own fields, which they may change. Notes, tags, metadata
//! and the studio's own id are not among these, and cannot slip in: the fields are listed here.

use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    audited,
    model::{Membership, MembershipStatus},
    period, rules,
};
use crate::{
    access::{caller::Caller, member_sessions::stored::MemberRow, member_tokens::caller::MemberCaller},
    operation::{
        app::App,
        shown::NoQuery,
        whole::OneRow,
        write::{Change, Changed, Stop, Write},
    },
    resources::plans::PlanId,
    store::{
        id::{Named, SameRows},
        instant::Instant,
        record::truth,
        row::{self, Resource, Row},
    },
    wire::{
        civil::Date,
        input::input,
        problem::{Fault, Problem},
        text::{Email, Phone},
    },
};

/// The member who calls, and their membership.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "first_name": "Clara", "last_name": "Nunes", "phone": "+351 21 000 0000", "birth_date": "1990-05-17",
    "marketing_consent": true,
}))]
pub struct Me {
    /// The e-mail address that the member signs in with.
    #[schema(read_only)]
    pub email: Email,
    /// The first name.
    #[schema(max_length = 120, example = "Clara")]
    pub first_name: Option<String>,
    /// The last name.
    #[schema(max_length = 120, example = "Nunes")]
    pub last_name: Option<String>,
    /// The phone number.
    pub phone: Option<Phone>,
    /// The day of birth.
    pub birth_date: Option<Date>,
    /// Whether the member agreed to receive offers.
    #[serde(default, deserialize_with = "truth")]
    pub marketing_consent: bool,
    /// The member's plan.
    #[schema(read_only)]
    pub plan_id: Option<PlanId>,
    /// The status of the membership.
    #[serde(default)]
    #[schema(read_only)]
    pub status: MembershipStatus,
    /// The first day.
    #[schema(read_only)]
    pub starts_on: Option<Date>,
    /// The last day.
    #[schema(read_only)]
    pub ends_on: Option<Date>,
    /// The last day of a membership that was cancelled at the end of its period.
    #[schema(read_only)]
    pub cancel_on: Option<Date>,
    /// When the member last signed in.
    #[schema(read_only)]
    pub last_signed_in_at: Option<Instant>,
}

impl Named for Me {
    const PREFIX: &'static str = "mbr";
    const NOUN: &'static str = "membership";
}

impl Resource for Me {
    const TABLE: &'static str = Membership::TABLE;
    const JSON: &'static [&'static str] = &[];
}

impl SameRows<Me> for MemberRow {}
impl SameRows<Membership> for Me {}

input!(Me);

/// What the document says of showing it.
pub const SHOWING: &str = "The membership of the member who calls: its own fields, and until when it runs.";

/// What the document says of a change.
pub const CHANGING: &str = "Changes the member's own fields, and no others. A member who withdraws `marketing_consent` is not \
    given it again by an import.";

/// Shows the member who calls.
pub async fn show(State(app): State<App>, caller: MemberCaller, NoQuery: NoQuery) -> Result<OneRow<Me>, Problem> {
    let found = row::find::<Me>(app.db.of(caller.studio()), caller.membership().same()).await?;
    Ok(OneRow(found.ok_or_else(|| Problem::not_found(Me::NOUN))?))
}

/// Changes the own fields of the member who calls.
pub async fn change(caller: MemberCaller, write: Write<Change<Me>, MemberCaller>) -> Result<Changed<Me>, Stop> {
    let app = write.app().clone();
    let (mut write, change) = write.begin().await?;
    let current = write.current::<Me>(caller.membership().same()).await?;
    let (now, today) = (write.tx.now, period::today(&mut write.tx).await?);
    let mut draft = change.onto(&current, now)?;
    let born = "must not be in the future";
    draft.rule(&["birth_date"], |me| {
        me.birth_date.is_some_and(|day| day.civil() > today).then(|| Fault::at("/birth_date", born))
    });
    let me = draft.validated()?;
    if me != current {
        app.access.change_limits.take_own(caller.membership(), app.clock.uptime())?;
        let before = row::find::<Membership>(write.tx.on(), me.id.same()).await?;
        let before = before.ok_or_else(|| Problem::not_found(Me::NOUN))?;
        let after = with_own_fields(&before, &me);
        rules::write(&mut write.tx, &before.fields, &after).await?;
        let changed = audited::action(&write.by, "members.change", Some(&before), &after);
        write.tx.note(changed).await?;
    }
    write.changed(&me).await
}

/// The membership with what the member changed of themselves.
fn with_own_fields(before: &Row<Membership>, me: &Row<Me>) -> Row<Membership> {
    let Me { first_name, last_name, phone, birth_date, marketing_consent, .. } = me.fields.clone();
    let fields = Membership { first_name, last_name, phone, birth_date, marketing_consent, ..before.fields.clone() };
    Row { id: before.id, version: me.version, created_at: before.created_at, updated_at: me.updated_at, fields }
}
