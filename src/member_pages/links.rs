//! The pages that links in mails to members lead to: accepting an invitation, setting a new password, and asking for that link. The
//! token of a link stands behind `#`, which browsers send to nobody. A script takes it into the form; without one, the link is
//! pasted. From there on it travels in the body of a form alone. Opening a page changes nothing.

use askama::Template;
use axum::{
    body::Body,
    extract::State,
    http::{Response, StatusCode},
};

use super::{
    sign_in::{self, signed_in},
    texts::{MEMBER_TEXTS, MemberTexts},
};
use crate::{
    access::{
        member_sessions::{
            pages::{EMAIL_CHANGE, INVITATION, PASSWORD_RESET},
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
    resources::members::accounts::links::{self, MemberLink},
    signin::{links::LinkError, password::Password, sign_in::NotSignedIn},
    wire::{form::Fields, problem::Problem},
};

/// The page that a link opens first: it takes the link, and asks the server what it is.
#[derive(Template)]
#[template(path = "member_link.html")]
pub(super) struct MemberLinkPage {
    m: &'static MemberTexts,
    title: &'static str,
    path: &'static str,
    fault: Option<&'static str>,
}

/// The page of a link that is good: what it does, and the new password.
#[derive(Template)]
#[template(path = "member_password.html")]
struct NewPasswordPage<'p> {
    m: &'static MemberTexts,
    path: &'static str,
    title: String,
    about: String,
    button: &'static str,
    email: &'p str,
    token: &'p str,
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "member_forgotten.html")]
struct MemberForgottenPage<'p> {
    m: &'static MemberTexts,
    email: &'p str,
    fault: Option<String>,
}

/// What is said when nothing is left to do here but to sign in.
#[derive(Template)]
#[template(path = "member_notice.html")]
struct MemberNoticePage {
    m: &'static MemberTexts,
    title: &'static str,
    text: &'static str,
}

/// The page of an invitation.
pub(super) async fn invitation() -> Result<Response<Body>, Problem> {
    page(&link_page(Purpose::Invitation, None))
}

/// Shows what an invitation opens; with a password, accepts it.
pub(super) async fn accept(
    State(app): State<App>,
    before: Option<SignedInMember>,
    network: axum::Extension<Network>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let token = token_in(form.text("token").unwrap_or_default());
    let invitee = match links::holder(&app, token, Purpose::Invitation, network.0).await {
        Ok(invitee) => invitee,
        Err(refused) => return no_link(refused, Purpose::Invitation),
    };
    let shown = |fault| accept_page(&invitee, token, fault);
    let password = match new_password(&form) {
        NewPassword::NotTyped => return page(&shown(None)),
        NewPassword::Different => return different(shown),
        NewPassword::Typed(password) => password,
    };
    match links::accept(&app, token, password, network.0, before.as_ref()).await {
        Ok(session) => Ok(signed_in(&app, &session)),
        Err(LinkError::NoLink) => no_link(LinkError::NoLink, Purpose::Invitation),
        Err(refused) => {
            let refusal = refusal_of(refused)?;
            refusal.answer(&shown(Some(refusal.text.clone())))
        }
    }
}

/// The page of a link to a new password.
pub(super) async fn password_reset() -> Result<Response<Body>, Problem> {
    page(&link_page(Purpose::PasswordReset, None))
}

/// Shows whose password a link sets; with a password, sets it.
pub(super) async fn reset(
    State(app): State<App>,
    network: axum::Extension<Network>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let token = token_in(form.text("token").unwrap_or_default());
    let invitee = match links::holder(&app, token, Purpose::PasswordReset, network.0).await {
        Ok(invitee) => invitee,
        Err(refused) => return no_link(refused, Purpose::PasswordReset),
    };
    let shown = |fault| reset_page(&invitee, token, fault);
    let password = match new_password(&form) {
        NewPassword::NotTyped => return page(&shown(None)),
        NewPassword::Different => return different(shown),
        NewPassword::Typed(password) => password,
    };
    match links::reset(&app, token, password, network.0).await {
        Ok(()) => page(&notice(MEMBER_TEXTS.was_reset_title, MEMBER_TEXTS.was_reset)),
        Err(LinkError::NoLink) => no_link(LinkError::NoLink, Purpose::PasswordReset),
        Err(refused) => {
            let refusal = refusal_of(refused)?;
            refusal.answer(&shown(Some(refusal.text.clone())))
        }
    }
}

/// The page that asks for a link to a new password.
pub(super) async fn forgotten() -> Result<Response<Body>, Problem> {
    page(&MemberForgottenPage { m: &MEMBER_TEXTS, email: "", fault: None })
}

/// Asks for a link. The answer is the same whether anybody signs in with the address.
pub(super) async fn ask(
    State(app): State<App>,
    network: axum::Extension<Network>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let email = form.text("email").unwrap_or_default().trim();
    match links::ask_for_reset(&app, email.to_owned(), network.0).await {
        Ok(()) => page(&notice(MEMBER_TEXTS.was_asked_title, MEMBER_TEXTS.was_asked)),
        Err(refused) => {
            let refusal = sign_in::refusal_of(refused)?;
            let fault = Some(refusal.text.clone());
            refusal.answer(&MemberForgottenPage { m: &MEMBER_TEXTS, email, fault })
        }
    }
}

/// A password that is typed twice.
pub(super) enum NewPassword {
    NotTyped,
    Different,
    Typed(Password),
}

pub(super) fn new_password(form: &Fields) -> NewPassword {
    match (form.text("password"), form.text("repeat")) {
        (None, _) => NewPassword::NotTyped,
        (Some(password), Some(again)) if password == again => NewPassword::Typed(Password::typed(password.to_owned())),
        (Some(_), _) => NewPassword::Different,
    }
}

fn different<'p>(shown: impl Fn(Option<String>) -> NewPasswordPage<'p>) -> Result<Response<Body>, Problem> {
    let refusal = PasswordRefusal::of_form(MEMBER_TEXTS.not_the_same.to_owned());
    refusal.answer(&shown(Some(refusal.text.clone())))
}

fn accept_page<'p>(invitee: &'p MemberLink, token: &'p str, fault: Option<String>) -> NewPasswordPage<'p> {
    let (m, email, studio): (&'static MemberTexts, _, _) =
        (&MEMBER_TEXTS, invitee.member.fields.email.as_str(), &invitee.studio);
    let title = m.accept_title.replace("{studio}", studio);
    let about = m.accept_about.replace("{email}", email).replace("{studio}", studio);
    NewPasswordPage { m, path: INVITATION, title, about, button: m.accept, email, token, fault }
}

fn reset_page<'p>(invitee: &'p MemberLink, token: &'p str, fault: Option<String>) -> NewPasswordPage<'p> {
    let (m, email): (&'static MemberTexts, _) = (&MEMBER_TEXTS, invitee.member.fields.email.as_str());
    let title = MEMBER_TEXTS.reset_title.to_owned();
    let about = m.reset_about.replace("{email}", email).replace("{studio}", &invitee.studio);
    NewPasswordPage { m, path: PASSWORD_RESET, title, about, button: MEMBER_TEXTS.set_password, email, token, fault }
}

fn notice(title: &'static str, text: &'static str) -> MemberNoticePage {
    MemberNoticePage { m: &MEMBER_TEXTS, title, text }
}

pub(super) fn link_page(purpose: Purpose, fault: Option<&'static str>) -> MemberLinkPage {
    let (title, path) = match purpose {
        Purpose::Invitation | Purpose::StaffInvitation => (MEMBER_TEXTS.invitation_title, INVITATION),
        Purpose::PasswordReset => (MEMBER_TEXTS.reset_title, PASSWORD_RESET),
        Purpose::EmailChange => (MEMBER_TEXTS.confirm_email_title, EMAIL_CHANGE),
    };
    MemberLinkPage { m: &MEMBER_TEXTS, title, path, fault }
}

/// The first page again, for a link that is not good.
pub(super) fn no_link(refused: LinkError, purpose: Purpose) -> Result<Response<Body>, Problem> {
    match refused {
        LinkError::NotSignedIn(NotSignedIn::Failed(problem)) => Err(problem),
        LinkError::NoLink | LinkError::Weak(_) | LinkError::NotSignedIn(_) => {
            with_status(StatusCode::GONE, &link_page(purpose, Some(MEMBER_TEXTS.no_link)))
        }
    }
}

/// What a page says of a link or a new password that was refused.
pub(super) fn refusal_of(refused: LinkError) -> Result<PasswordRefusal, Problem> {
    let words = match refused {
        LinkError::NotSignedIn(refused) => return sign_in::refusal_of(refused),
        LinkError::Weak(weak) => format!("{} {}.", MEMBER_TEXTS.password, translate(&weak.to_string())),
        LinkError::NoLink => MEMBER_TEXTS.no_link.to_owned(),
    };
    Ok(PasswordRefusal::of_form(words))
}
