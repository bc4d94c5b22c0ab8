//! The widget's page. The browser shows it in frames of the origins that the key names, and in no others. Opened by itself it is an
//! ordinary page to sign in, which hands nothing to the page that opened it.

use askama::Template;
use axum::{
    body::Body,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, Response, StatusCode, header},
};
use serde::Deserialize;

use super::key::website_key;
use crate::{
    access::{
        member_sessions::{pages::PageVisit, visitor::SignedInMember},
        origin::AllowedOrigin,
    },
    dashboard::page::{POLICY, page, with_status},
    member_pages::texts::{MEMBER_TEXTS, MemberTexts},
    operation::app::App,
    wire::{
        in_the_clear::travels_in_the_clear,
        language::Language,
        problem::{Code, Problem},
    },
};

/// What the page is asked for.
#[derive(Deserialize)]
pub(in crate::member_pages) struct AskedWidget {
    /// The website's key.
    pk: Option<String>,
    /// The website's language.
    lang: Option<String>,
}

#[derive(Template)]
#[template(path = "member_widget.html")]
struct WidgetPage<'p> {
    m: &'static MemberTexts,
    pk: &'p str,
    /// The origins that may frame it, as JSON.
    origins: String,
    shown: ShownIn,
    is_signed_in: bool,
    is_plain: bool,
}

/// What the browser says that the page is shown in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum ShownIn {
    Frame,
    Window,
    /// It does not say: over plain http it does only on this machine. The page's script finds out.
    Unknown,
}

#[derive(Template)]
#[template(path = "member_widget_refused.html")]
struct WidgetRefusedPage {
    m: &'static MemberTexts,
    text: &'static str,
}

/// The page.
pub(in crate::member_pages) async fn show(
    State(app): State<App>,
    visitor: Option<SignedInMember>,
    visit: axum::Extension<PageVisit>,
    Query(asked): Query<AskedWidget>,
    headers: HeaderMap,
) -> Result<Response<Body>, Problem> {
    let language = asked.lang.as_deref().and_then(Language::of_members).unwrap_or_else(Language::current);
    language.answer(write(&app, visitor.is_some(), visit.0, asked.pk.as_deref().unwrap_or_default(), &headers)).await
}

async fn write(
    app: &App,
    is_signed_in: bool,
    visit: PageVisit,
    pk: &str,
    headers: &HeaderMap,
) -> Result<Response<Body>, Problem> {
    let key = match website_key(app, pk, visit).await {
        Ok(key) => key,
        Err(problem) => return refused(problem),
    };
    let origins = &key.stored.origins;
    if origins.is_empty() {
        let text = MEMBER_TEXTS.key_without_origins;
        return with_status(StatusCode::FORBIDDEN, &WidgetRefusedPage { m: &MEMBER_TEXTS, text });
    }
    let shown = match headers.get("sec-fetch-dest").map(HeaderValue::as_bytes) {
        Some(b"iframe") => ShownIn::Frame,
        Some(b"document") => ShownIn::Window,
        _ => ShownIn::Unknown,
    };
    let is_plain = travels_in_the_clear(app.access.member_sessions.cookie().is_secure(), headers);
    let origins_json = serde_json::to_string(origins).map_err(Problem::internal)?;
    let template = WidgetPage { m: &MEMBER_TEXTS, pk, origins: origins_json, shown, is_signed_in, is_plain };
    let mut response = page(&template)?;
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy(origins)?);
    Ok(response)
}

/// What is wrong with the key, in words. No page may frame these.
fn refused(problem: Problem) -> Result<Response<Body>, Problem> {
    let (status, text) = match problem.code() {
        Code::MalformedKey => (StatusCode::BAD_REQUEST, MEMBER_TEXTS.key_missing),
        Code::UnknownKey | Code::RevokedKey | Code::ExpiredKey => (StatusCode::NOT_FOUND, MEMBER_TEXTS.key_unknown),
        _ => return Err(problem),
    };
    with_status(status, &WidgetRefusedPage { m: &MEMBER_TEXTS, text })
}

/// The policy of our pages, but these origins may frame this one.
fn policy(origins: &[AllowedOrigin]) -> Result<HeaderValue, Problem> {
    let origins: Vec<_> = origins.iter().map(AllowedOrigin::as_str).collect();
    let text = POLICY.replace("frame-ancestors 'none'", &format!("frame-ancestors {}", origins.join(" ")));
    HeaderValue::try_from(text).map_err(Problem::internal)
}
