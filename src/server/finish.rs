//! The last touch on an answer: problems are written out, bare error statuses become problems, `HEAD` loses its body.
//!
//! Called at the end of each visit. Promises that an error is always `application/problem+json`, that headers which
//! inner layers set (CORS, `Vary`, `Allow`, `RateLimit`) stay, and that `X-Request-Id` is there.

use axum::{
    body::{Body, HttpBody},
    http::{HeaderValue, Response, StatusCode, header},
};

use crate::wire::{
    problem::{Code, Problem},
    request::{RequestId, X_REQUEST_ID},
};

/// The answer as the caller sees it, and its problem, if it is one.
pub(super) fn finish(
    mut response: Response<Body>,
    docs: &str,
    id: &RequestId,
    is_head: bool,
) -> (Response<Body>, Option<Problem>) {
    let problem = response.extensions_mut().remove::<Problem>().or_else(|| stand_in(&response));
    if let Some(problem) = &problem {
        write_out(problem, &mut response, docs, id);
    }
    response.headers_mut().insert(X_REQUEST_ID, id.header());
    if is_head {
        drop_body(&mut response);
    }
    (response, problem)
}

/// Lays the problem over the answer: its own headers win, the others stay unless they describe the old body.
fn write_out(problem: &Problem, response: &mut Response<Body>, docs: &str, id: &RequestId) {
    let (parts, body) = problem.render(docs, id.as_str()).into_parts();
    let headers = response.headers_mut();
    for of_the_old_body in [header::CONTENT_LENGTH, header::CONTENT_ENCODING, header::ETAG, header::LAST_MODIFIED] {
        headers.remove(of_the_old_body);
    }
    headers.extend(parts.headers);
    *response.status_mut() = parts.status;
    *response.body_mut() = body;
}

/// The problem for an error that came without one, as from axum itself.
fn stand_in(response: &Response<Body>) -> Option<Problem> {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_problem =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json");
    (is_error && !is_problem).then(|| {
        let code = code_for(status);
        Problem::new(code, format!("{}.", code.title()))
    })
}

/// The code whose status it is; a status that the contract does not know becomes the nearest that it does.
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

/// `HEAD` says how long the body would be, and sends none.
fn drop_body(response: &mut Response<Body>) {
    if let Some(length) = response.body().size_hint().exact().filter(|length| *length > 0) {
        response.headers_mut().entry(header::CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(length));
    }
    *response.body_mut() = Body::empty();
}
