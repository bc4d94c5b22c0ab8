//! Finishes a response: renders problems, turns bare error statuses into problems, drops the body for `HEAD`.
//!
//! Promises that every error is `application/problem+json`, or a page where one was asked for among pages for people, that headers set by inner layers (CORS, `Vary`, `Allow`,
//! `RateLimit`) stay, and that `X-Request-Id` is set.

use axum::{
    body::{Body, HttpBody},
    http::{HeaderValue, Response, StatusCode, header},
};

use crate::{
    access::surface::Surface,
    dashboard, member_pages,
    wire::{
        language::Language,
        problem::{Code, Problem},
        request::{RequestId, X_REQUEST_ID},
    },
};

/// Writes a problem as a page; the text is the request's id.
pub(super) type ErrorPageOf = fn(&Problem, &str) -> Response<Body>;

/// What writes the errors of a surface as pages.
pub(super) fn error_page_of(surface: Surface) -> ErrorPageOf {
    if surface == Surface::Members { member_pages::errors::page } else { dashboard::errors::page }
}

/// What was asked for, as far as it matters here.
#[derive(Clone, Copy, Debug)]
pub(super) struct ResponseForm {
    /// Only the head.
    pub(super) is_head: bool,
    /// What writes an error as a page for people, where one was asked for.
    pub(super) error_page: Option<ErrorPageOf>,
    /// The language of such a page, unless the answer itself says one: that of an account.
    pub(super) language: Language,
}

/// The response as the client receives it, and its problem, if it is one.
pub(super) fn finish(
    mut response: Response<Body>,
    docs: &str,
    id: &RequestId,
    form: ResponseForm,
) -> (Response<Body>, Option<Problem>) {
    let problem = response.extensions_mut().remove::<Problem>().or_else(|| problem_for(&response));
    let language = response.extensions_mut().remove::<Language>().unwrap_or(form.language);
    if let Some(problem) = &problem {
        let rendered = match form.error_page {
            Some(page) => language.write(|| page(problem, id.as_str())),
            None => problem.render(docs, id.as_str()),
        };
        replace(rendered, &mut response);
    }
    response.headers_mut().insert(X_REQUEST_ID, id.header());
    if form.is_head {
        drop_body(&mut response);
    }
    (response, problem)
}

/// Puts a rendered problem in place of the response. Other headers stay, unless they describe the old body.
fn replace(rendered: Response<Body>, response: &mut Response<Body>) {
    let (parts, body) = rendered.into_parts();
    let headers = response.headers_mut();
    for name in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::ETAG, header::LAST_MODIFIED] {
        headers.remove(name);
    }
    headers.extend(parts.headers);
    *response.status_mut() = parts.status;
    *response.body_mut() = body;
}

/// The problem for an error response without one, for example axum's own.
fn problem_for(response: &Response<Body>) -> Option<Problem> {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let kind = response.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    // A form that is shown again with its faults is a page of its own.
    let is_rendered = kind == b"application/problem+json" || kind.starts_with(b"text/html");
    (is_error && !is_rendered).then(|| {
        let code = code_for(status);
        Problem::new(code, format!("{}.", code.title()))
    })
}

/// The code with this status, or the nearest one.
fn code_for(status: StatusCode) -> Code {
    match status {
        StatusCode::UNAUTHORIZED => Code::MissingKey,
        StatusCode::NOT_FOUND => Code::UnknownOperation,
        StatusCode::GONE => Code::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Code::MethodNotAllowed,
        StatusCode::CONFLICT => Code::Conflict,
        StatusCode::PRECONDITION_FAILED => Code::VersionMismatch,
        StatusCode::PAYLOAD_TOO_LARGE => Code::BodyTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Code::UnsupportedMediaType,
        StatusCode::UNPROCESSABLE_ENTITY => Code::ValidationFailed,
        StatusCode::TOO_MANY_REQUESTS => Code::RateLimited,
        StatusCode::SERVICE_UNAVAILABLE => Code::Unavailable,
        StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => Code::Timeout,
        other if other.is_server_error() => Code::Internal,
        _ => Code::MalformedRequest,
    }
}

/// A response to `HEAD` has the body's length and no body.
fn drop_body(response: &mut Response<Body>) {
    if let Some(length) = response.body().size_hint().exact().filter(|length| *length > 0) {
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(length));
    }
    *response.body_mut() = Body::empty();
}
