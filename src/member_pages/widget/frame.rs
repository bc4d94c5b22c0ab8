//! What the widget's script asks for, from its frame: to sign in and out, for a token, and what became of the window that it opened.
//! Our own page alone may ask, as `Sec-Fetch-Site` says. The page's origin is what the browser said of it to the script.

use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, Response, StatusCode, header},
    response::IntoResponse,
};
use serde_json::{Value, json};

use super::key::website;
use crate::{
    access::{
        member_sessions::{pages::PageVisit, stored::LiveMemberSession},
        member_tokens::{self, judge::LIFETIME_SECONDS},
        network::Network,
        stored::LiveKey,
    },
    dashboard::{form::Sent, sign_in::put_cookie_of},
    member_pages::{sign_in::refusal_of, texts::MEMBER_TEXTS},
    operation::app::App,
    resources::members::accounts::{
        sign_in,
        window::{self, NewWindow, WindowOutcome},
    },
    signin::password::Password,
    store::{fair::Requester, token::Token},
    wire::{
        form::Fields,
        problem::{Code, Problem},
    },
};

/// Hands out a token for the member of the key's studio who is signed in, in this frame.
pub(in crate::member_pages) async fn issue(
    State(app): State<App>,
    visit: axum::Extension<PageVisit>,
    headers: HeaderMap,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let (key, origin) = website(&app, &form, visit.0).await?;
    let session = session_of(&app, &key, &form, &headers, visit.network).await?.ok_or_else(not_signed_in)?;
    let token = member_tokens::issue(&app.access, &session, &origin, key.stored.id).await?;
    let body = json!({"token": token, "expires_in": LIFETIME_SECONDS, "email": session.email});
    Ok(answer(StatusCode::OK, &body))
}

/// Says who is signed in, in this frame: what an open page asks for again and again, without a signature each time.
pub(in crate::member_pages) async fn state(
    State(app): State<App>,
    visit: axum::Extension<PageVisit>,
    headers: HeaderMap,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let (key, _) = website(&app, &form, visit.0).await?;
    let session = session_of(&app, &key, &form, &headers, visit.network).await?.ok_or_else(not_signed_in)?;
    Ok(answer(StatusCode::OK, &json!({"email": session.email})))
}

fn not_signed_in() -> Problem {
    Problem::new(Code::NotSignedIn, "Nobody is signed in here as a member of this key's studio. Show the sign-in.")
}

/// Signs in, with a password that was typed in this frame.
pub(in crate::member_pages) async fn submit(
    State(app): State<App>,
    visit: axum::Extension<PageVisit>,
    headers: HeaderMap,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let (key, _) = website(&app, &form, visit.0).await?;
    let before = session_of(&app, &key, &form, &headers, visit.network).await?;
    let (email, password) = (form.text("email").unwrap_or_default(), form.text("password").unwrap_or_default());
    let (password, studio) = (Password::typed(password.to_owned()), key.stored.studio_id);
    match sign_in::sign_in_framed(&app, studio, email.trim(), password, visit.network, before.as_ref()).await {
        Ok(token) => Ok(signed_in(&app, &token)),
        Err(refused) => Err(refusal_of(refused)?.into_problem()),
    }
}

/// Signs out of this frame, and of the window that opened its session.
pub(in crate::member_pages) async fn sign_out(
    State(app): State<App>,
    visit: axum::Extension<PageVisit>,
    headers: HeaderMap,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let (key, _) = website(&app, &form, visit.0).await?;
    if let Some(session) = session_of(&app, &key, &form, &headers, visit.network).await? {
        sign_in::sign_out_framed(&app, &session, visit.network).await?;
    }
    let mut response = answer(StatusCode::OK, &json!({}));
    put_cookie_of(&mut response, app.access.member_sessions.frame_cookie(), None);
    Ok(response)
}

/// Notes that a window was opened to sign in there.
pub(in crate::member_pages) async fn ask_for_window(
    State(app): State<App>,
    visit: axum::Extension<PageVisit>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let (key, origin) = website(&app, &form, visit.0).await?;
    let (id, secret) = (form.text("id").unwrap_or_default(), form.text("secret").unwrap_or_default());
    let wanted = NewWindow { studio: key.stored.studio_id, origin: &origin, id, secret };
    window::ask(&app, wanted, visit.network).await?;
    Ok(answer(StatusCode::CREATED, &json!({})))
}

/// Says what became of the window: 200 with the session once somebody has signed in there, 202 until then, 404 when nobody will.
pub(in crate::member_pages) async fn claim(
    State(app): State<App>,
    network: axum::Extension<Network>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let (id, secret) = (form.text("id").unwrap_or_default(), form.text("secret").unwrap_or_default());
    match window::claim(&app, id, secret, network.0).await? {
        WindowOutcome::Waiting => Ok(answer(StatusCode::ACCEPTED, &json!({}))),
        WindowOutcome::Gone => Err(Problem::new(Code::NotFound, MEMBER_TEXTS.window_gone)),
        WindowOutcome::SignedIn(token) => Ok(signed_in(&app, &token)),
    }
}

/// The session that the frame keeps in its own memory, or that its cookie names.
async fn session_of(
    app: &App,
    key: &LiveKey,
    form: &Fields,
    headers: &HeaderMap,
    network: Network,
) -> Result<Option<LiveMemberSession>, Problem> {
    let studio = key.stored.studio_id;
    let requester = Requester { studio: Some(studio), network: network.address() };
    let _slot = app.admission.read(requester, 1).await?;
    Ok(app.access.member_sessions.find_in_frame(headers, form.text("session"), studio).await?)
}

/// The frame keeps the session in its own memory, and the browser in a cookie, where it keeps one.
fn signed_in(app: &App, token: &Token) -> Response<Body> {
    let mut response = answer(StatusCode::OK, &json!({"session": token.reveal()}));
    put_cookie_of(&mut response, app.access.member_sessions.frame_cookie(), Some(token));
    response
}

fn answer(status: StatusCode, body: &Value) -> Response<Body> {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
