//! The window of its own that the widget opens to sign in. It says for which website, and leaves a session in the browser as the
//! ordinary page does.
//!
//! Promises that it opens from the widget alone, as `Sec-Fetch-Site` or the referrer says: nobody is led here by a link of somebody
//! else who waits for the session.

use askama::Template;
use axum::{
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, Response, StatusCode, header},
};
use serde::Deserialize;

use crate::{
    access::{
        member_sessions::{
            pages::WINDOW,
            stored::{LiveMemberSession, WindowRequest},
            visitor::SignedInMember,
        },
        network::Network,
    },
    dashboard::{
        form::Sent,
        page::{page, with_status},
        sign_in::put_cookie_of,
    },
    member_pages::{
        sign_in::refusal_of,
        texts::{MEMBER_TEXTS, MemberTexts},
    },
    operation::app::App,
    resources::{
        members::accounts::{sign_in, window},
        studios,
    },
    signin::password::Password,
    wire::{form::Fields, in_the_clear::travels_in_the_clear, language::Language, problem::Problem},
};

/// How often the page looks again for a request that is not noted yet: the window opens before the frame has noted it.
const LOOKS: u8 = 10;

/// What the window is asked for.
#[derive(Deserialize)]
pub(in crate::member_pages) struct AskedWindow {
    /// What the window knows the request by.
    request: Option<String>,
    /// The website's language.
    lang: Option<String>,
    /// Whether somebody who is signed in wants another account.
    other: Option<String>,
    /// How often it has looked for the request.
    look: Option<u8>,
}

#[derive(Template)]
#[template(path = "member_window.html")]
struct WindowPage<'p> {
    m: &'static MemberTexts,
    request: &'p str,
    site: String,
    about: String,
    /// Who is signed in at the studio already.
    known: Option<String>,
    email: &'p str,
    fault: Option<String>,
    is_plain: bool,
}

#[derive(Template)]
#[template(path = "member_window_notice.html")]
struct WindowNoticePage {
    title: &'static str,
    text: String,
    /// Where to look again, in a second.
    again: Option<String>,
}

/// The window.
pub(in crate::member_pages) async fn show(
    State(app): State<App>,
    visitor: Option<SignedInMember>,
    network: axum::Extension<Network>,
    Query(asked): Query<AskedWindow>,
    headers: HeaderMap,
) -> Result<Response<Body>, Problem> {
    let language = asked.lang.as_deref().and_then(Language::of_members).unwrap_or_else(Language::current);
    language.answer(look(&app, visitor, network.0, &asked, &headers)).await
}

async fn look(
    app: &App,
    visitor: Option<SignedInMember>,
    network: Network,
    asked: &AskedWindow,
    headers: &HeaderMap,
) -> Result<Response<Body>, Problem> {
    let id = asked.request.as_deref().unwrap_or_default();
    if id.is_empty() || !was_opened_by_us(headers, app.access.member_sessions.url()) {
        return gone(StatusCode::FORBIDDEN);
    }
    let Some(request) = window::find(app, id, network).await? else {
        let looks = asked.look.unwrap_or_default();
        return if looks < LOOKS { look_again(id, looks, asked.lang.as_deref()) } else { gone(StatusCode::GONE) };
    };
    if request.session_id.is_some() {
        return gone(StatusCode::GONE);
    }
    let known = visitor.as_ref().and_then(|visitor| session_at(visitor.sessions(), &request));
    let known = known.filter(|_| asked.other.is_none()).map(|session| session.email.clone());
    page(&window_page(app, &request, headers, known).await?)
}

/// Signs in, or goes on as who is signed in, for the website.
pub(in crate::member_pages) async fn submit(
    State(app): State<App>,
    before: Option<SignedInMember>,
    network: axum::Extension<Network>,
    headers: HeaderMap,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    // The website's language, in which the window was opened, goes before the browser's.
    let language = form.text("lang").and_then(Language::of_members).unwrap_or_else(Language::current);
    Box::pin(language.answer(answer(&app, before.as_ref(), network.0, (&headers, &form)))).await
}

async fn answer(
    app: &App,
    before: Option<&SignedInMember>,
    network: Network,
    (headers, form): (&HeaderMap, &Fields),
) -> Result<Response<Body>, Problem> {
    let id = form.text("request").unwrap_or_default();
    let found = window::find(app, id, network).await?.filter(|request| request.session_id.is_none());
    let Some(request) = found else { return gone(StatusCode::GONE) };
    match (form.text("password"), before) {
        (None, Some(visitor)) => answer_as_known(app, visitor.sessions(), &request, network).await,
        _ => with_password(app, before, &request, network, (headers, form)).await,
    }
}

/// Answers the request as the member who is signed in here.
async fn answer_as_known(
    app: &App,
    sessions: &[LiveMemberSession],
    request: &WindowRequest,
    network: Network,
) -> Result<Response<Body>, Problem> {
    let Some(session) = session_at(sessions, request) else {
        let studio = studio_name(app, request).await?;
        let text = MEMBER_TEXTS.window_not_member.replace("{studio}", &studio);
        let notice = WindowNoticePage { title: MEMBER_TEXTS.error_other, text, again: None };
        return with_status(StatusCode::FORBIDDEN, &notice);
    };
    if !window::answer(app, request, session, network).await? {
        return gone(StatusCode::GONE);
    }
    let text = MEMBER_TEXTS.window_done.replace("{site}", &request.origin);
    page(&WindowNoticePage { title: MEMBER_TEXTS.account_title, text, again: None })
}

/// Signs in with a password, as the ordinary page does.
async fn with_password(
    app: &App,
    before: Option<&SignedInMember>,
    request: &WindowRequest,
    network: Network,
    (headers, form): (&HeaderMap, &Fields),
) -> Result<Response<Body>, Problem> {
    let (email, password) = (form.text("email").unwrap_or_default(), form.text("password").unwrap_or_default());
    match sign_in::sign_in(app, email.trim(), Password::typed(password.to_owned()), network, before).await {
        Ok(token) => {
            let sessions = app.access.member_sessions.find_begun(&token).await?;
            let mut response = answer_as_known(app, &sessions, request, network).await?;
            put_cookie_of(&mut response, app.access.member_sessions.cookie(), Some(&token));
            Ok(response)
        }
        Err(refused) => {
            let refusal = refusal_of(refused)?;
            let fault = Some(refusal.text.clone());
            let again = window_page(app, request, headers, None).await?;
            refusal.answer(&WindowPage { email, fault, ..again })
        }
    }
}

async fn window_page<'p>(
    app: &App,
    request: &'p WindowRequest,
    headers: &HeaderMap,
    known: Option<String>,
) -> Result<WindowPage<'p>, Problem> {
    let m: &'static MemberTexts = &MEMBER_TEXTS;
    let about = m.window_about.replace("{studio}", &studio_name(app, request).await?);
    Ok(WindowPage {
        m,
        request: &request.id,
        site: m.for_website.replace("{site}", &request.origin),
        about,
        known: known.map(|email| m.window_known.replace("{email}", &email)),
        email: "",
        fault: None,
        is_plain: travels_in_the_clear(app.access.member_sessions.cookie().is_secure(), headers),
    })
}

async fn studio_name(app: &App, request: &WindowRequest) -> Result<String, Problem> {
    let studio = studios::find(app.db.of(request.studio_id)).await?;
    Ok(studio.map(|studio| studio.fields.name).unwrap_or_default())
}

fn session_at<'s>(sessions: &'s [LiveMemberSession], request: &WindowRequest) -> Option<&'s LiveMemberSession> {
    sessions.iter().find(|session| session.studio_id == request.studio_id)
}

fn look_again(id: &str, looks: u8, lang: Option<&str>) -> Result<Response<Body>, Problem> {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("request", id).append_pair("look", &(looks + 1).to_string());
    query.extend_pairs(lang.map(|lang| ("lang", lang)));
    let again = Some(format!("{WINDOW}?{}", query.finish()));
    page(&WindowNoticePage { title: MEMBER_TEXTS.sign_in, text: MEMBER_TEXTS.one_moment.into(), again })
}

fn gone(status: StatusCode) -> Result<Response<Body>, Problem> {
    let text = MEMBER_TEXTS.window_gone.to_owned();
    with_status(status, &WindowNoticePage { title: MEMBER_TEXTS.error_other, text, again: None })
}

/// Whether a page of ours opened the window: as the browser says, or where it does not, by the referrer.
fn was_opened_by_us(headers: &HeaderMap, own: &str) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site == "same-origin";
    }
    let referrer = headers.get(header::REFERER).and_then(|referrer| referrer.to_str().ok());
    referrer.and_then(|referrer| referrer.strip_prefix(own)).is_some_and(|path| path.starts_with('/'))
}
