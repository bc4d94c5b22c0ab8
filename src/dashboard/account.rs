//! The account of who is signed in: its language, where they are signed in, and ending that.

use std::cmp::Reverse;

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::Response,
};

use super::{
    form::Sent,
    frame::Frame,
    log_page::FilterChoice,
    page::{lead_to, page},
    sign_in::put_cookie,
    texts::{LANGUAGES, TEXTS},
    time::local_time,
};
use crate::{
    access::sessions::{caller::StaffCaller, pages::SIGN_IN, stored::Session, unscoped},
    operation::app::App,
    signin::{language, sessions},
    wire::{
        language::Language,
        problem::{Code, Problem},
    },
};

const SESSIONS: &str = "/studio/sessions";

#[derive(Template)]
#[template(path = "sessions.html")]
struct SessionsPage {
    frame: Frame,
    list: Vec<SessionView>,
    /// The languages to choose from.
    languages: Vec<FilterChoice>,
}

/// A session, as the list shows it.
struct SessionView {
    id: String,
    is_this: bool,
    began: String,
    last_used: String,
    network: String,
}

/// The list, the one that was used last first.
pub(super) async fn list(State(app): State<App>, caller: StaffCaller) -> Result<Response<Body>, Problem> {
    let now = app.clock.now();
    let mut all = Vec::new();
    for account in caller.session().accounts() {
        all.extend(unscoped::list_of(app.db.read(), account).await?);
    }
    all.sort_by_key(|session: &Session| (Reverse(session.seen_at), session.id));
    all.dedup_by_key(|session| session.id);
    let view = |session: &Session| {
        let at = |at| local_time(at, &caller.session().time_zone);
        SessionView {
            id: session.id.to_string(),
            is_this: session.token_hash == caller.session().token_hash,
            began: at(session.created_at),
            last_used: at(session.seen_at),
            network: session.network.map_or_else(|| TEXTS.use_not_known.to_owned(), |network| network.to_string()),
        }
    };
    let list = all.iter().filter(|session| !session.is_over(now)).map(view).collect();
    page(&SessionsPage { frame: Frame::of(&app, &caller).await?, list, languages: languages(&caller) })
}

/// The languages by their own names, behind the choice of the browser's.
fn languages(caller: &StaffCaller) -> Vec<FilterChoice> {
    let chosen = caller.session().language.map(|language| language.to_string());
    let of =
        |language: Language| FilterChoice::of(language.to_string(), TEXTS.of(language).own_name, chosen.as_deref());
    let by_browser =
        FilterChoice { value: String::new(), label: TEXTS.by_browser.to_owned(), is_chosen: chosen.is_none() };
    std::iter::once(by_browser).chain(LANGUAGES.map(of)).collect()
}

/// Chooses a language, or leaves it to the browser.
pub(super) async fn choose_language(
    State(app): State<App>,
    caller: StaffCaller,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let wanted = form.text("language").unwrap_or_default();
    let chosen = LANGUAGES.into_iter().find(|language| language.to_string() == wanted);
    language::choose(&app, &caller, chosen).await?;
    Ok(lead_to(SESSIONS))
}

/// Ends one.
pub(super) async fn end(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    Sent(_): Sent,
) -> Result<Response<Body>, Problem> {
    let no_such = || Problem::new(Code::NotFound, TEXTS.no_such_session);
    let id = id.parse().map_err(|_| no_such())?;
    if !sessions::end_session(&app, &caller, id).await? {
        return Err(no_such());
    }
    Ok(lead_to(SESSIONS))
}

/// Ends all of them, this one included.
pub(super) async fn end_all(
    State(app): State<App>,
    caller: StaffCaller,
    Sent(_): Sent,
) -> Result<Response<Body>, Problem> {
    sessions::sign_out_everywhere(&app, &caller).await?;
    let mut response = lead_to(SIGN_IN);
    put_cookie(&mut response, &app, None);
    Ok(response)
}
