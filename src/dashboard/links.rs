//! The pages that links in mails lead to: accepting an invitation, setting a new password, and asking for that link. The token of
//! a link stands behind `#`, which browsers send to nobody. A script takes it into the form; without one, the link is pasted. From
//! there on it travels in the body of a form alone. Opening a page changes nothing.

use askama::Template;
use axum::{
    body::Body,
    extract::State,
    http::{Response, StatusCode},
};

use super::{
    api_texts::translate,
    form::Sent,
    page::{page, with_status},
    sign_in::{PasswordRefusal, signed_in},
    texts::{TEXTS, Texts},
};
use crate::{
    access::{
        network::Network,
        sessions::{
            caller::StaffCaller,
            pages::{INVITATION, PASSWORD_RESET},
        },
    },
    mail::link::{Purpose, token_in},
    operation::app::App,
    signin::{
        links::{self, LinkError, LinkHolder},
        password::Password,
        sign_in::NotSignedIn,
    },
    wire::problem::Problem,
};

/// The page that a link opens first: it takes the link, and asks the server what it is.
#[derive(Template)]
#[template(path = "link.html")]
struct LinkPage {
    t: &'static Texts,
    title: &'static str,
    path: &'static str,
    fault: Option<&'static str>,
}

/// The page of a link that is good: what it does, and the password.
#[derive(Template)]
#[template(path = "link_password.html")]
struct PasswordPage<'p> {
    t: &'static Texts,
    path: &'static str,
    title: String,
    about: String,
    button: &'static str,
    email: &'p str,
    token: &'p str,
    /// Whether it is the password that they have already.
    is_known: bool,
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "forgotten.html")]
struct ForgottenPage<'p> {
    t: &'static Texts,
    email: &'p str,
    fault: Option<String>,
}

/// What is said when nothing is left to do here but to sign in.
#[derive(Template)]
#[template(path = "notice.html")]
struct NoticePage {
    t: &'static Texts,
    title: &'static str,
    text: &'static str,
}

/// The page of an invitation.
pub(super) async fn invitation() -> Result<Response<Body>, Problem> {
    page(&LinkPage { t: &TEXTS, title: TEXTS.invitation_title, path: INVITATION, fault: None })
}

/// Shows what an invitation opens; with a password, accepts it.
pub(super) async fn join(
    State(app): State<App>,
    before: Option<StaffCaller>,
    network: axum::Extension<Network>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let token = token_in(form.text("token").unwrap_or_default());
    let holder = match links::holder(&app, token, Purpose::StaffInvitation, network.0).await {
        Ok(holder) => holder,
        Err(refused) => return no_link(refused, TEXTS.invitation_title, INVITATION),
    };
    let Some(password) = form.text("password") else { return page(&join_page(&holder, token, None)) };
    let password = Password::typed(password.to_owned());
    match links::join(&app, token, password, network.0, before.as_ref()).await {
        Ok(begun) => signed_in(&app, &begun, ""),
        Err(LinkError::NoLink) => no_link(LinkError::NoLink, TEXTS.invitation_title, INVITATION),
        Err(refused) => {
            let refusal = refusal_of(refused)?;
            refusal.answer(&join_page(&holder, token, Some(refusal.text.clone())))
        }
    }
}

/// The page of a link to a new password.
pub(super) async fn password_reset() -> Result<Response<Body>, Problem> {
    page(&LinkPage { t: &TEXTS, title: TEXTS.reset_title, path: PASSWORD_RESET, fault: None })
}

/// Shows whose password a link sets; with a password, sets it.
pub(super) async fn reset(
    State(app): State<App>,
    network: axum::Extension<Network>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let token = token_in(form.text("token").unwrap_or_default());
    let holder = match links::holder(&app, token, Purpose::PasswordReset, network.0).await {
        Ok(holder) => holder,
        Err(refused) => return no_link(refused, TEXTS.reset_title, PASSWORD_RESET),
    };
    let Some(password) = form.text("password") else { return page(&reset_page(&holder, token, None)) };
    match links::reset(&app, token, Password::typed(password.to_owned()), network.0).await {
        Ok(()) => page(&NoticePage { t: &TEXTS, title: TEXTS.was_reset_title, text: TEXTS.was_reset }),
        Err(LinkError::NoLink) => no_link(LinkError::NoLink, TEXTS.reset_title, PASSWORD_RESET),
        Err(refused) => {
            let refusal = refusal_of(refused)?;
            refusal.answer(&reset_page(&holder, token, Some(refusal.text.clone())))
        }
    }
}

/// The page that asks for a link to a new password.
pub(super) async fn forgotten() -> Result<Response<Body>, Problem> {
    page(&ForgottenPage { t: &TEXTS, email: "", fault: None })
}

/// Asks for a link. The answer is the same whether the address signs in anywhere.
pub(super) async fn ask(
    State(app): State<App>,
    network: axum::Extension<Network>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let email = form.text("email").unwrap_or_default().trim();
    match links::ask_for_reset(&app, email.to_owned(), network.0).await {
        Ok(()) => page(&NoticePage { t: &TEXTS, title: TEXTS.was_asked_title, text: TEXTS.was_asked }),
        Err(refused) => {
            let refusal = PasswordRefusal::of(refused)?;
            refusal.answer(&ForgottenPage { t: &TEXTS, email, fault: Some(refusal.text.clone()) })
        }
    }
}

fn join_page<'p>(holder: &'p LinkHolder, token: &'p str, fault: Option<String>) -> PasswordPage<'p> {
    let t = &TEXTS;
    let LinkHolder { member, studio, accounts } = holder;
    let is_known = !accounts.is_empty();
    let about = if is_known { t.join_with_account } else { t.join_with_password };
    let about = about.replace("{email}", member.email.as_str()).replace("{role}", t.role(member.role));
    let (title, email) = (t.join_title.replace("{studio}", studio), member.email.as_str());
    PasswordPage { t, path: INVITATION, title, about, button: t.join, email, token, is_known, fault }
}

fn reset_page<'p>(holder: &'p LinkHolder, token: &'p str, fault: Option<String>) -> PasswordPage<'p> {
    let (t, email) = (&TEXTS, holder.member.email.as_str());
    let (title, about) = (t.reset_title.to_owned(), t.reset_about.replace("{email}", email));
    PasswordPage { t, path: PASSWORD_RESET, title, about, button: t.set_password, email, token, is_known: false, fault }
}

/// The first page again, for a link that is not good.
fn no_link(refused: LinkError, title: &'static str, path: &'static str) -> Result<Response<Body>, Problem> {
    match refused {
        LinkError::NotSignedIn(NotSignedIn::Failed(problem)) => Err(problem),
        LinkError::NoLink | LinkError::Weak(_) | LinkError::NotSignedIn(_) => {
            with_status(StatusCode::GONE, &LinkPage { t: &TEXTS, title, path, fault: Some(TEXTS.no_link) })
        }
    }
}

/// What a page says of a link or a new password that was refused.
///
/// # Errors
/// When the gateway failed.
fn refusal_of(refused: LinkError) -> Result<PasswordRefusal, Problem> {
    match refused {
        LinkError::NotSignedIn(refused) => PasswordRefusal::of(refused),
        LinkError::Weak(weak) => {
            Ok(PasswordRefusal::of_form(format!("{} {}.", TEXTS.password, translate(&weak.to_string()))))
        }
        LinkError::NoLink => Ok(PasswordRefusal::of_form(TEXTS.no_link.to_owned())),
    }
}
