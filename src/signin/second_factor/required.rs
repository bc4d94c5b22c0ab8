//! Whether a studio asks its whole staff for a second factor. Who has none is led to the page that turns it on, from their next
//! request on; nobody is signed out.

use serde::Deserialize;
use serde_json::json;

use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    operation::app::App,
    signin::people::{PeopleError, lock_owners},
    store::{
        audit::{Action, Subject},
        error::StoreError,
        instant::Instant,
        record::Record,
        studio::StudioOn,
        turns::WriteTx,
    },
};

#[derive(Deserialize)]
struct RequiredRow {
    second_factor_required_since: Option<Instant>,
}

impl Record for RequiredRow {}

/// Since when a studio asks for a second factor, if it does.
pub async fn since(on: StudioOn<'_>) -> Result<Option<Instant>, StoreError> {
    let found: Option<RequiredRow> = on.query("select {row} from studios where id = $1").optional().await?;
    Ok(found.and_then(|row| row.second_factor_required_since))
}

/// Has a studio ask for a second factor, or ask no more. An owner has one first, so that nobody locks themselves out.
///
/// # Errors
/// When who asks is no owner, or has no second factor.
pub async fn require(app: &App, caller: &StaffCaller, is_required: bool) -> Result<(), PeopleError> {
    let mut tx = app.db.begin_studio(&app.clock, caller.studio(), 1).await?;
    lock_owners(&mut tx, caller).await?;
    if is_required && !caller.session().has_second_factor {
        return Err(PeopleError::NoSecondFactor);
    }
    let before = since(tx.on()).await?;
    let after = if is_required { before.or(Some(tx.now.clock)) } else { None };
    let text = "update studios set second_factor_required_since = $2 where id = $1";
    tx.query(text).bind(after).execute().await?;
    let shown = |since: Option<Instant>| json!({"second_factor_required": since.is_some()});
    let action = Action::by(&caller.actor(), "studio.require_second_factor", Subject::of(caller.studio()));
    tx.note(action.changed(&shown(before), &shown(after))).await?;
    Ok(tx.commit().await?)
}
