//! The pages where a member who is signed in changes their password or their address, and where a link confirms the address.

use askama::Template;
use axum::{
    body::Body,
    extract::{Query, State},
    http::{Response, StatusCode},
};
use serde::Deserialize;

use super::{
    links::{NewPassword, link_page, new_password, no_link, refusal_of},
    texts::{MEMBER_TEXTS, MemberTexts},
};
use crate::{
    access::{
        member_sessions::{
            pages::{ACCOUNT, CHANGE_EMAIL, CHANGE_PASSWORD},
            visitor::SignedInMember,
        },
        network::Network,
    },
    dashboard::{
        api_texts::translate,
        form::Sent,
        page::{page, with_status},
        sign_in::PasswordRefusal,
    },
    mail::link::{Purpose, token_in},
    operation::app::App,
    resources::members::accounts::change::{self, OwnAccount},
    signin::{links::LinkError, password::Password, sign_in::NotSignedIn},
    wire::{
        form::Fields,
        problem::{Code, Problem},
        text::Email,
        translated::fill,
    },
};

/// Which membership a page is about; the first where it does not say.
#[derive(Deserialize)]
pub(super) struct AskedMembership {
    membership: Option<String>,
}

impl AskedMembership {
    pub(super) fn id(&self) -> Option<&str> {
        self.membership.as_deref()
    }
}

#[derive(Template)]
#[template(path = "member_new_password.html")]
struct ChangePasswordPage<'p> {
    m: &'static MemberTexts,
    path: &'static str,
    about: String,
    membership: String,
    email: &'p str,
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "member_new_email.html")]
struct ChangeEmailPage<'p> {
    m: &'static MemberTexts,
    path: &'static str,
    about: String,
    membership: String,
    email: &'p str,
    typed: &'p str,
    fault: Option<String>,
}

/// What is said when a change was made, to somebody who stays signed in.
#[derive(Template)]
#[template(path = "member_done.html")]
struct DonePage {
    m: &'static MemberTexts,
    title: &'static str,
    text: &'static str,
    path: &'static str,
}

/// The membership of this id, if it is one of theirs.
pub(super) fn own<'m>(
    member: &'m SignedInMember,
    id: Option<&str>,
    network: Network,
) -> Result<OwnAccount<'m>, Problem> {
    let account = OwnAccount::of(member, id.filter(|id| !id.is_empty()), network);
    account.ok_or_else(|| Problem::new(Code::NotFound, MEMBER_TEXTS.no_such_membership))
}

/// The page that changes the password.
pub(super) async fn password(
    member: SignedInMember,
    network: axum::Extension<Network>,
    Query(asked): Query<AskedMembership>,
) -> Result<Response<Body>, Problem> {
    page(&password_page(&own(&member, asked.id(), network.0)?, None))
}

/// Changes the password.
pub(super) async fn change_password(
    State(app): State<App>,
    member: SignedInMember,
    network: axum::Extension<Network>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let account = own(&member, form.text("membership"), network.0)?;
    let refused = |refusal: &PasswordRefusal| refusal.answer(&password_page(&account, Some(refusal.text.clone())));
    let new = match new_password(&form) {
        NewPassword::Typed(new) => new,
        NewPassword::Different | NewPassword::NotTyped => {
            return refused(&PasswordRefusal::of_form(MEMBER_TEXTS.not_the_same.to_owned()));
        }
    };
    match change::change_password(&app, &account, current_password(&form), new).await {
        Ok(()) => done(MEMBER_TEXTS.was_reset_title, MEMBER_TEXTS.password_was_changed),
        Err(LinkError::NotSignedIn(wrong)) => refused(&wrong_current(wrong)?),
        Err(other) => refused(&refusal_of(other)?),
    }
}

/// The page that asks for a link to another address.
pub(super) async fn email(
    member: SignedInMember,
    network: axum::Extension<Network>,
    Query(asked): Query<AskedMembership>,
) -> Result<Response<Body>, Problem> {
    page(&email_page(&own(&member, asked.id(), network.0)?, "", None))
}

/// Has the link sent.
pub(super) async fn change_email(
    State(app): State<App>,
    member: SignedInMember,
    network: axum::Extension<Network>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let account = own(&member, form.text("membership"), network.0)?;
    let typed = form.text("email").unwrap_or_default().trim();
    let refused = |refusal: &PasswordRefusal| refusal.answer(&email_page(&account, typed, Some(refusal.text.clone())));
    let email: Email = match typed.parse() {
        Ok(email) => email,
        Err(fault) => {
            return refused(&PasswordRefusal::of_form(format!("{} {}.", MEMBER_TEXTS.email, translate(&fault))));
        }
    };
    match change::ask_for_email(&app, &account, &email, current_password(&form)).await {
        Ok(()) => done(MEMBER_TEXTS.was_asked_title, MEMBER_TEXTS.email_was_asked),
        Err(wrong) => refused(&wrong_current(wrong)?),
    }
}

/// The page of the link that confirms an address.
pub(super) async fn confirmation() -> Result<Response<Body>, Problem> {
    page(&link_page(Purpose::EmailChange, None))
}

/// Confirms it.
pub(super) async fn confirm(
    State(app): State<App>,
    network: axum::Extension<Network>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let token = token_in(form.text("token").unwrap_or_default());
    match change::confirm_email(&app, token, network.0).await {
        Ok(()) => done(MEMBER_TEXTS.email_was_changed_title, MEMBER_TEXTS.email_was_changed),
        Err(LinkError::NoLink) => {
            with_status(StatusCode::GONE, &link_page(Purpose::EmailChange, Some(MEMBER_TEXTS.no_email_link)))
        }
        Err(refused) => no_link(refused, Purpose::EmailChange),
    }
}

/// What is said of a password that is not the current one.
fn wrong_current(refused: NotSignedIn) -> Result<PasswordRefusal, Problem> {
    PasswordRefusal::in_words(refused, MEMBER_TEXTS.wrong_current, MEMBER_TEXTS.too_many_attempts)
}

fn current_password(form: &Fields) -> Password {
    Password::typed(form.text("current_password").unwrap_or_default().to_owned())
}

/// Says that something was done, to somebody who stays signed in.
pub(super) fn done(title: &'static str, text: &'static str) -> Result<Response<Body>, Problem> {
    page(&DonePage { m: &MEMBER_TEXTS, title, text, path: ACCOUNT })
}

fn password_page<'p>(account: &OwnAccount<'p>, fault: Option<String>) -> ChangePasswordPage<'p> {
    let session = account.session();
    let about =
        fill(MEMBER_TEXTS.change_password_about, &[("email", &session.email), ("studio", &session.studio_name)]);
    ChangePasswordPage {
        m: &MEMBER_TEXTS,
        path: CHANGE_PASSWORD,
        about,
        membership: session.membership_id.to_string(),
        email: &session.email,
        fault,
    }
}

fn email_page<'p>(account: &OwnAccount<'p>, typed: &'p str, fault: Option<String>) -> ChangeEmailPage<'p> {
    let session = account.session();
    let about = fill(MEMBER_TEXTS.change_email_about, &[("email", &session.email), ("studio", &session.studio_name)]);
    ChangeEmailPage {
        m: &MEMBER_TEXTS,
        path: CHANGE_EMAIL,
        about,
        membership: session.membership_id.to_string(),
        email: &session.email,
        typed,
        fault,
    }
}
