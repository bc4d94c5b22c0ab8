//! Signing in, with a code where a second factor is on, and out; switching between studios.

use askama::Template;
use axum::{
    body::Body,
    extract::{OptionalFromRequestParts, Query, State},
    http::{HeaderValue, Response, StatusCode, header, request::Parts},
};
use serde::Deserialize;

use super::{
    form::Sent,
    page::{FIRST_PAGE, lead_to, own_path, page, with_status},
    texts::{TEXTS, Texts},
};
use crate::{
    access::{
        network::Network,
        sessions::{
            caller::StaffCaller,
            cookie::Cookie,
            pages::{SIGN_IN, SIGN_IN_CODE, SIGNED_IN},
        },
    },
    operation::app::App,
    signin::{
        password::Password,
        second_factor::check::TypedCode,
        sessions,
        sign_in::{self, NotSignedIn, SignInStep},
    },
    store::token::Token,
    wire::{
        form::Fields,
        problem::{Code, Problem},
    },
};

/// What a sign-in page is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// Where to go afterwards.
    next: Option<String>,
    /// That somebody was signed in a moment ago, and has to have a cookie now.
    signed_in: Option<String>,
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'p> {
    t: &'static Texts,
    email: &'p str,
    next: &'p str,
    fault: Option<String>,
}

/// The answer to a right password where a second factor is on.
#[derive(Template)]
#[template(path = "sign_in_code.html")]
struct CodePage<'p> {
    t: &'static Texts,
    path: &'static str,
    /// What the sign-in that waits is found by.
    pending: &'p str,
    next: &'p str,
    fault: Option<String>,
}

impl OptionalFromRequestParts<App> for StaffCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &App) -> Result<Option<Self>, Problem> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

/// The page to sign in.
pub(super) async fn show(caller: Option<StaffCaller>, Query(asked): Query<Asked>) -> Result<Response<Body>, Problem> {
    let next = own_path(asked.next.as_deref());
    if caller.is_some() {
        return Ok(lead_to(next.unwrap_or(FIRST_PAGE)));
    }
    // A cookie that does not come back is reported, and not looped on.
    let fault = asked.signed_in.is_some().then(|| TEXTS.no_cookie.to_owned());
    page(&SignInPage { t: &TEXTS, email: "", next: next.unwrap_or_default(), fault })
}

/// Signs in.
pub(super) async fn submit(
    State(app): State<App>,
    before: Option<StaffCaller>,
    network: axum::Extension<Network>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let (email, password) = (form.text("email").unwrap_or_default(), form.text("password").unwrap_or_default());
    let next = own_path(form.text("next")).unwrap_or_default();
    let password = Password::typed(password.to_owned());
    match sign_in::sign_in(&app, email.trim(), password, network.0, before.as_ref()).await {
        Ok(begun) => signed_in(&app, &begun, next),
        Err(refused) => {
            let refusal = PasswordRefusal::of(refused)?;
            refusal.answer(&SignInPage { t: &TEXTS, email, next, fault: Some(refusal.text.clone()) })
        }
    }
}

/// What a right password leads to: into the dashboard, or to the page that asks for a code.
pub(super) fn signed_in(app: &App, step: &SignInStep, next: &str) -> Result<Response<Body>, Problem> {
    match step {
        SignInStep::SignedIn(token) => {
            let wanted = if next.is_empty() { FIRST_PAGE } else { next };
            let mark = if wanted.contains('?') { '&' } else { '?' };
            let mut response = lead_to(&format!("{wanted}{mark}{SIGNED_IN}"));
            put_cookie(&mut response, app, Some(token));
            Ok(response)
        }
        // The form holds the token: it is in no URL and no cookie.
        SignInStep::CodeNeeded(token) => {
            page(&CodePage { t: &TEXTS, path: SIGN_IN_CODE, pending: token.reveal(), next, fault: None })
        }
    }
}

/// Signs in with the code that follows the password.
pub(super) async fn submit_code(
    State(app): State<App>,
    before: Option<StaffCaller>,
    network: axum::Extension<Network>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let (pending, next) = (form.text("pending").unwrap_or_default(), own_path(form.text("next")).unwrap_or_default());
    match sign_in::finish(&app, pending, &typed_code(&form), network.0, before.as_ref()).await {
        Ok(token) => signed_in(&app, &SignInStep::SignedIn(token), next),
        Err(NotSignedIn::Late) => {
            let again = SignInPage { t: &TEXTS, email: "", next, fault: Some(TEXTS.late_code.to_owned()) };
            with_status(StatusCode::GONE, &again)
        }
        Err(refused) => {
            let refusal = PasswordRefusal::of_wrong(refused, TEXTS.wrong_code)?;
            let fault = Some(refusal.text.clone());
            refusal.answer(&CodePage { t: &TEXTS, path: SIGN_IN_CODE, pending, next, fault })
        }
    }
}

/// The second factor that a form brings.
pub(super) fn typed_code(form: &Fields) -> TypedCode {
    TypedCode::of(form.text("code").unwrap_or_default(), form.text("recovery_code").unwrap_or_default())
}

/// Signs out.
pub(super) async fn sign_out(State(app): State<App>, caller: StaffCaller) -> Result<Response<Body>, Problem> {
    sessions::sign_out(&app, &caller).await?;
    let mut response = lead_to(SIGN_IN);
    put_cookie(&mut response, &app, None);
    Ok(response)
}

/// Has the session work for another studio, and leads to what the form names there.
pub(super) async fn switch(
    State(app): State<App>,
    caller: StaffCaller,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let to = form.text("to").and_then(|id| id.parse().ok());
    match to {
        Some(to) if sessions::switch(&app, &caller, to).await? => {
            Ok(lead_to(own_path(form.text("next")).unwrap_or(FIRST_PAGE)))
        }
        _ => Err(Problem::new(Code::NotFound, "You do not work for that studio.")),
    }
}

/// What a page says of a password that was refused.
pub struct PasswordRefusal {
    status: StatusCode,
    /// In a sentence.
    pub text: String,
    /// Seconds to wait.
    wait: Option<u32>,
}

impl PasswordRefusal {
    /// What is wrong with a form, in a sentence.
    pub fn of_form(text: String) -> Self {
        Self { status: StatusCode::UNPROCESSABLE_ENTITY, text, wait: None }
    }

    /// Of a refusal.
    ///
    /// # Errors
    /// When the gateway failed.
    pub fn of(refused: NotSignedIn) -> Result<Self, Problem> {
        Self::of_wrong(refused, TEXTS.wrong_password)
    }

    /// The same; `wrong` is what the page says of what was typed wrongly.
    ///
    /// # Errors
    /// When the gateway failed.
    pub fn of_wrong(refused: NotSignedIn, wrong: &'static str) -> Result<Self, Problem> {
        Self::in_words(refused, wrong, TEXTS.too_many_attempts)
    }

    /// The same; `too_many` is what the page says after too many attempts.
    ///
    /// # Errors
    /// When the gateway failed.
    pub fn in_words(refused: NotSignedIn, wrong: &'static str, too_many: &'static str) -> Result<Self, Problem> {
        match refused {
            NotSignedIn::Wrong => Ok(Self::of_form(wrong.to_owned())),
            NotSignedIn::Late => Ok(Self::of_form(TEXTS.late_code.to_owned())),
            NotSignedIn::Unreadable => {
                let text = TEXTS.unreadable_codes.to_owned();
                Ok(Self { status: StatusCode::SERVICE_UNAVAILABLE, text, wait: None })
            }
            NotSignedIn::Throttled(seconds) => {
                let text = too_many.replace("{minutes}", &seconds.div_ceil(60).to_string());
                Ok(Self { status: StatusCode::TOO_MANY_REQUESTS, text, wait: Some(seconds) })
            }
            NotSignedIn::Failed(problem) => Err(problem),
        }
    }

    /// The same for a script, which shows the detail.
    pub fn into_problem(self) -> Problem {
        match self.wait {
            Some(seconds) => Problem::new(Code::RateLimited, self.text).with_retry_after(seconds),
            None => Problem::new(Code::ValidationFailed, self.text),
        }
    }

    /// The form again, with what is wrong with it.
    ///
    /// # Errors
    /// When the template fails.
    pub fn answer(&self, page: &impl Template) -> Result<Response<Body>, Problem> {
        let mut response = with_status(self.status, page)?;
        response.headers_mut().extend(self.wait.map(|seconds| (header::RETRY_AFTER, HeaderValue::from(seconds))));
        Ok(response)
    }
}

pub(super) fn put_cookie(response: &mut Response<Body>, app: &App, token: Option<&Token>) {
    put_cookie_of(response, app.access.sessions.cookie(), token);
}

/// Has the browser keep a session's token, or forget it.
pub fn put_cookie_of(response: &mut Response<Body>, cookie: Cookie, token: Option<&Token>) {
    let header: Option<HeaderValue> = match token {
        Some(token) => cookie.set(token),
        None => cookie.clear(),
    };
    response.headers_mut().extend(header.map(|value| (header::SET_COOKIE, value)));
}
