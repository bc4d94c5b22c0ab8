//! Signing in and out as a member.

use askama::Template;
use axum::{
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, Response},
};
use serde::Deserialize;

use super::texts::{MEMBER_TEXTS, MemberTexts};
use crate::{
    access::{
        member_sessions::{
            pages::{ACCOUNT, SIGN_IN},
            visitor::SignedInMember,
        },
        network::Network,
        sessions::pages::SIGNED_IN,
    },
    dashboard::{
        form::Sent,
        page::page,
        sign_in::{PasswordRefusal, put_cookie_of},
    },
    operation::app::App,
    resources::members::accounts::sign_in,
    signin::{password::Password, sign_in::NotSignedIn},
    store::token::Token,
    wire::{in_the_clear::travels_in_the_clear, problem::Problem, redirect::see_other},
};

/// What the page is asked for.
#[derive(Deserialize)]
pub(super) struct AskedSignIn {
    /// That somebody was signed in a moment ago, and has to have a cookie now.
    signed_in: Option<String>,
}

#[derive(Template)]
#[template(path = "member_sign_in.html")]
struct MemberSignInPage<'p> {
    m: &'static MemberTexts,
    email: &'p str,
    fault: Option<String>,
    /// Whether what is typed travels in the clear, beyond this machine.
    is_plain: bool,
}

/// The page to sign in.
pub(super) async fn show(
    State(app): State<App>,
    visitor: Option<SignedInMember>,
    Query(asked): Query<AskedSignIn>,
    headers: HeaderMap,
) -> Result<Response<Body>, Problem> {
    if visitor.is_some() {
        return Ok(see_other(ACCOUNT, ACCOUNT));
    }
    // A cookie that does not come back is reported, and not looped on.
    let fault = asked.signed_in.is_some().then(|| MEMBER_TEXTS.no_cookie.to_owned());
    let is_plain = travels_in_the_clear(app.access.member_sessions.cookie().is_secure(), &headers);
    page(&MemberSignInPage { m: &MEMBER_TEXTS, email: "", fault, is_plain })
}

/// Signs in.
pub(super) async fn submit(
    State(app): State<App>,
    before: Option<SignedInMember>,
    network: axum::Extension<Network>,
    headers: HeaderMap,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let (email, password) = (form.text("email").unwrap_or_default(), form.text("password").unwrap_or_default());
    let password = Password::typed(password.to_owned());
    match sign_in::sign_in(&app, email.trim(), password, network.0, before.as_ref()).await {
        Ok(token) => Ok(signed_in(&app, &token)),
        Err(refused) => {
            let refusal = refusal_of(refused)?;
            let is_plain = travels_in_the_clear(app.access.member_sessions.cookie().is_secure(), &headers);
            let fault = Some(refusal.text.clone());
            refusal.answer(&MemberSignInPage { m: &MEMBER_TEXTS, email, fault, is_plain })
        }
    }
}

/// What a page says of a password that was refused.
pub(super) fn refusal_of(refused: NotSignedIn) -> Result<PasswordRefusal, Problem> {
    PasswordRefusal::in_words(refused, MEMBER_TEXTS.wrong_password, MEMBER_TEXTS.too_many_attempts)
}

/// Leads to the page of somebody who is signed in, with their cookie.
pub(super) fn signed_in(app: &App, token: &Token) -> Response<Body> {
    let mut response = see_other(&format!("{ACCOUNT}?{SIGNED_IN}"), ACCOUNT);
    put_cookie_of(&mut response, app.access.member_sessions.cookie(), Some(token));
    response
}

/// Signs out of this browser.
pub(super) async fn sign_out(
    State(app): State<App>,
    member: SignedInMember,
    network: axum::Extension<Network>,
) -> Result<Response<Body>, Problem> {
    sign_in::sign_out(&app, &member, network.0).await?;
    Ok(signed_out(&app))
}

/// Signs out of every browser.
pub(super) async fn sign_out_everywhere(
    State(app): State<App>,
    member: SignedInMember,
    network: axum::Extension<Network>,
) -> Result<Response<Body>, Problem> {
    sign_in::sign_out_everywhere(&app, &member, network.0).await?;
    Ok(signed_out(&app))
}

fn signed_out(app: &App) -> Response<Body> {
    let mut response = see_other(SIGN_IN, SIGN_IN);
    put_cookie_of(&mut response, app.access.member_sessions.cookie(), None);
    response
}
