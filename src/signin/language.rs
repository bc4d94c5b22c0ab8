//! The language that somebody of the staff chose. Called by the page of their account.

use serde_json::json;

use super::{second_factor::change::lock_accounts, staff::StaffMember};
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    operation::app::App,
    store::{
        audit::{Action, Subject},
        error::StoreError,
        turns::WriteTx,
    },
    wire::language::Language,
};

/// Chooses the language of who is signed in, in every studio that their session opens; `None` leaves it to their browser.
///
/// # Errors
/// When the database fails.
pub async fn choose(app: &App, caller: &StaffCaller, language: Option<Language>) -> Result<(), StoreError> {
    let mut tx = app.db.begin_studio(&app.clock, caller.studio(), 1).await?;
    let mut accounts = lock_accounts(&mut tx, caller).await?;
    accounts.retain(|account| caller.session().accounts().any(|id| id == account.id) && account.language != language);
    for before in accounts {
        tx = tx.of(before.studio_id);
        let after = StaffMember { language, ..before.clone() };
        tx.on().update("staff", &after).await?;
        let shown = |of: &StaffMember| json!({"language": of.language});
        let action = Action::by(&before.actor(caller.network()), "staff.choose_language", Subject::of(before.id));
        tx.note(action.changed(&shown(&before), &shown(&after))).await?;
    }
    tx.commit().await
}
