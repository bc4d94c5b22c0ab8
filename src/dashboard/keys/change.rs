//! What the pages that change a key have in common: who does it, how often, how many keys there may be, that a form makes one
//! key, and what a refusal says.

use crate::{
    access::{
        caller::Caller,
        change_limits::StudioChange,
        keys::{self, KeyError},
        sessions::caller::StaffCaller,
        stored::KeyId,
    },
    dashboard::{api_texts::translate, texts::TEXTS},
    operation::app::App,
    store::error::StoreError,
    wire::{
        form::Fields,
        problem::{Code, Problem},
    },
};

/// Keys of a studio that work at once.
const MOST_WORKING: i64 = 500;

/// Whether the studio may have one more key now.
pub(super) async fn may_make(app: &App, caller: &StaffCaller) -> Result<(), Problem> {
    let working = keys::count_working(app.db.of(caller.studio()), app.clock.now()).await?;
    if working >= MOST_WORKING {
        let detail = TEXTS.too_many_keys.replace("{most}", &MOST_WORKING.to_string());
        return Err(Problem::new(Code::Conflict, detail));
    }
    app.access.change_limits.take(caller.studio(), StudioChange::Key, app.clock.uptime())
}

/// What a refusal of the rules is, where no form is shown again with it.
pub(super) fn failed(error: KeyError) -> Problem {
    let t = &TEXTS;
    match error {
        KeyError::Store(StoreError::Taken) => Problem::new(Code::Conflict, t.sent_before),
        KeyError::Store(error) => error.into(),
        KeyError::NoSuchKey(_) => Problem::new(Code::NotFound, t.no_such_key),
        KeyError::Revoked(_) => Problem::new(Code::Conflict, t.was_revoked),
        KeyError::Expired(_) => Problem::new(Code::Conflict, t.has_expired),
        KeyError::AlreadyReplaced { .. } => Problem::new(Code::Conflict, t.under_way),
        KeyError::StillWorks(_) => Problem::new(Code::Conflict, t.still_works),
        KeyError::NotReplaced(_) => Problem::new(Code::Conflict, t.not_replaced),
        KeyError::Widened(_) => Problem::new(Code::Conflict, t.never_widened),
        KeyError::Invalid(fault) => Problem::new(Code::Conflict, sentence(fault)),
    }
}

/// The end of a sentence, as the rules have it, as a sentence of a page in its language.
pub(super) fn sentence(text: &str) -> String {
    let text = translate(text);
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    let end = if text.ends_with('.') { "" } else { "." };
    first.chain(letters).collect::<String>() + end
}

/// A form makes one key. It contains the id of that key, sealed, so that the same form sent twice makes no second key.
/// It is sealed for one member of one studio's staff, so that it makes no key in a studio that they switched to meanwhile.
pub(super) fn seal(app: &App, caller: &StaffCaller) -> String {
    app.cursor_seal.seal(&form_of(caller), &KeyId::new(app.clock.now()).to_string())
}

/// The id that a form contains.
pub(super) fn open_form(app: &App, caller: &StaffCaller, form: &Fields) -> Result<KeyId, Problem> {
    let refused = || Problem::new(Code::Conflict, TEXTS.another_studio);
    let id = app.cursor_seal.open(&form_of(caller), form.text("form").unwrap_or_default()).ok_or_else(refused)?;
    id.parse().map_err(|_| refused())
}

fn form_of(caller: &StaffCaller) -> String {
    format!("form of a key by {}", caller.session().staff_id)
}
