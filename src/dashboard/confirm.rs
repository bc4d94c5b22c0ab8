//! Typing one's password again, before what lets others in. A form that was sent without a fresh password waits here: the page
//! brings its fields along, hidden, and once the password was right its sender sends it again. So nothing that was typed or
//! chosen is lost, and nothing is done that nobody sees.

use askama::Template;
use axum::{
    body::Body,
    extract::{Query, State},
    http::Response,
};
use serde::Deserialize;

use super::{
    form::Sent,
    frame::Frame,
    page::{FIRST_PAGE, lead_to, own_path, page},
    sign_in::{PasswordRefusal, typed_code},
    texts::TEXTS,
};
use crate::{
    access::sessions::{caller::StaffCaller, pages::CONFIRM},
    operation::app::App,
    signin::{password::Password, sign_in},
    wire::{form::Fields, problem::Problem},
};

/// Precedes the name of each field of a form that waits.
const WAITING: &str = "waiting.";
/// The field that says that a form waits; it may have no fields.
const WAITS: &str = "waits";

/// What the page is asked for.
#[derive(Deserialize)]
pub(super) struct ConfirmQuery {
    /// Where to go afterwards. With a form, where that form was sent to.
    next: Option<String>,
}

/// The fields of a form that waits for the password.
type WaitingForm = Vec<(String, String)>;

#[derive(Template)]
#[template(path = "confirm.html")]
struct ConfirmPage<'p> {
    frame: Frame,
    next: &'p str,
    waiting: Option<WaitingForm>,
    /// Whether a code is asked for as well.
    has_code: bool,
    fault: Option<String>,
}

/// The form that has waited, to be sent.
#[derive(Template)]
#[template(path = "form_kept.html")]
struct FormKeptPage<'p> {
    frame: Frame,
    next: &'p str,
    waiting: WaitingForm,
}

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    caller: StaffCaller,
    Query(asked): Query<ConfirmQuery>,
) -> Result<Response<Body>, Problem> {
    let next = own_path(asked.next.as_deref()).unwrap_or(FIRST_PAGE);
    if caller.is_fresh(app.clock.now()) && next != CONFIRM {
        return Ok(lead_to(next));
    }
    page(&ConfirmPage::of(&app, &caller, next, None).await?)
}

/// Notes that the password was typed again; or keeps a form, which the guard has sent here with its path in the URL.
pub(super) async fn submit(
    State(app): State<App>,
    caller: StaffCaller,
    Query(asked): Query<ConfirmQuery>,
    Sent(sent): Sent,
) -> Result<Response<Body>, Problem> {
    if let Some(next) = own_path(asked.next.as_deref()).filter(|next| *next != CONFIRM) {
        let waiting = sent.iter().map(|(name, text)| (name.to_owned(), text.to_owned())).collect();
        return if caller.is_fresh(app.clock.now()) {
            kept(&app, &caller, next, waiting).await
        } else {
            page(&ConfirmPage::of(&app, &caller, next, Some(waiting)).await?)
        };
    }
    let (next, waiting) = (own_path(sent.text("next")).unwrap_or(FIRST_PAGE), waiting_in(&sent));
    let password = Password::typed(sent.text("password").unwrap_or_default().to_owned());
    match sign_in::confirm(&app, &caller, password, &typed_code(&sent)).await {
        Ok(()) => match waiting {
            Some(waiting) => kept(&app, &caller, next, waiting).await,
            None => Ok(lead_to(next)),
        },
        Err(refused) => {
            let has_code = caller.session().has_second_factor;
            let wrong = if has_code { TEXTS.wrong_password_or_code } else { TEXTS.wrong_password };
            let refusal = PasswordRefusal::of_wrong(refused, wrong)?;
            let again = ConfirmPage::of(&app, &caller, next, waiting).await?;
            refusal.answer(&ConfirmPage { fault: Some(refusal.text.clone()), ..again })
        }
    }
}

/// The form that a confirmation brings along, if one waits.
fn waiting_in(sent: &Fields) -> Option<WaitingForm> {
    let fields = sent.iter().filter_map(|(name, text)| Some((name.strip_prefix(WAITING)?.to_owned(), text.to_owned())));
    sent.text(WAITS).map(|_| fields.collect())
}

async fn kept(app: &App, caller: &StaffCaller, next: &str, waiting: WaitingForm) -> Result<Response<Body>, Problem> {
    page(&FormKeptPage { frame: Frame::of(app, caller).await?, next, waiting })
}

impl<'p> ConfirmPage<'p> {
    async fn of(app: &App, caller: &StaffCaller, next: &'p str, waiting: Option<WaitingForm>) -> Result<Self, Problem> {
        let (frame, has_code) = (Frame::of(app, caller).await?, caller.session().has_second_factor);
        Ok(Self { frame, next, waiting, has_code, fault: None })
    }
}
