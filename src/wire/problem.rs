//! Error responses: `application/problem+json` (RFC 9457). A [`Problem`] travels inside the response; the server's outermost
//! layer, which knows the request id, renders it.

use std::{borrow::Cow, fmt};

use axum::{
    body::Body,
    http::{HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};
use serde::Serialize;
use serde_json::json;

pub use super::code::Code;
use super::mask::mask_keys;
use crate::store::error::StoreError;

/// A fault in the input: where (a JSON pointer, RFC 6901) and what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The JSON pointer; empty for the whole body.
    pub pointer: String,
    /// What is wrong: the end of a sentence that starts with the field.
    pub detail: String,
}

/// The longest pointer: ours are far shorter, and a caller's long name is not repeated a hundred times.
const MAX_POINTER_BYTES: usize = 500;

impl Fault {
    /// A fault at a pointer, which is truncated if it is too long.
    pub fn at(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        let mut pointer = pointer.into();
        if pointer.len() > MAX_POINTER_BYTES {
            pointer.truncate(pointer.floor_char_boundary(MAX_POINTER_BYTES));
            pointer.push('…');
        }
        Self { pointer, detail: detail.into() }
    }

    /// Whether it is at, above or below this pointer.
    pub fn touches(&self, pointer: &str) -> bool {
        let (short, long) =
            if self.pointer.len() < pointer.len() { (&*self.pointer, pointer) } else { (pointer, &*self.pointer) };
        long.strip_prefix(short).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// The optional members.
#[derive(Clone, Debug, Default)]
struct Extras {
    errors: Vec<Fault>,
    required_scope: Option<&'static str>,
    occurrence_id: Option<String>,
    allow: Option<String>,
    retry_after: Option<u32>,
    /// Logged, never sent.
    cause: Option<String>,
}

/// A refusal or failure, as the response to a request.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {detail}", code.name())]
pub struct Problem {
    code: Code,
    detail: Cow<'static, str>,
    extras: Option<Box<Extras>>,
}

impl Problem {
    /// A problem with a detail: what happened, and what to do next.
    pub fn new(code: Code, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into(), extras: None }
    }

    /// 400: the request could not be understood.
    pub fn malformed(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Code::MalformedRequest, detail)
    }

    /// 404: no such row in this studio.
    pub fn not_found(what: &'static str) -> Self {
        Self::new(Code::NotFound, format!("No {what} of this studio has this id."))
    }

    /// 422: every fault at once.
    pub fn invalid(errors: Vec<Fault>) -> Self {
        let detail = match errors.as_slice() {
            [only] if only.pointer.is_empty() => format!("The body {}.", only.detail),
            [only] => format!("One field is not valid: {} {}.", only.pointer, only.detail),
            many => format!("{} fields are not valid; `errors` names each.", many.len()),
        };
        Self::new(Code::ValidationFailed, detail).with_errors(errors)
    }

    /// 500: a fault of ours. The cause is written to the request's log line only.
    pub fn internal(cause: impl fmt::Display) -> Self {
        let mut problem = Self::new(Code::Internal, "Something went wrong in the gateway; it has been logged.");
        problem.extras().cause = Some(cause.to_string());
        problem
    }

    /// Adds the faults.
    pub fn with_errors(mut self, errors: Vec<Fault>) -> Self {
        self.extras().errors = errors;
        self
    }

    /// The missing scope.
    pub fn required_scope(&self) -> Option<&'static str> {
        self.extras.as_ref().and_then(|extras| extras.required_scope)
    }

    /// Adds the missing scope.
    pub fn with_required_scope(mut self, scope: &'static str) -> Self {
        self.extras().required_scope = Some(scope);
        self
    }

    /// Adds the conflicting occurrence.
    pub fn with_occurrence(mut self, id: impl fmt::Display) -> Self {
        self.extras().occurrence_id = Some(id.to_string());
        self
    }

    /// Adds the allowed methods.
    pub fn with_allow(mut self, methods: impl Into<String>) -> Self {
        self.extras().allow = Some(methods.into());
        self
    }

    /// Adds `Retry-After` in seconds.
    pub fn with_retry_after(mut self, seconds: u32) -> Self {
        self.extras().retry_after = Some(seconds.max(1));
        self
    }

    fn extras(&mut self) -> &mut Extras {
        self.extras.get_or_insert_default()
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// The detail.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The cause of an internal error; never sent.
    pub fn cause(&self) -> Option<&str> {
        self.extras.as_ref()?.cause.as_deref()
    }

    /// The faults in the input.
    pub fn errors(&self) -> &[Fault] {
        self.extras.as_ref().map_or(&[], |extras| &extras.errors)
    }

    /// The response; `docs` is the docs page that explains every code.
    pub fn render(&self, docs: &str, request_id: &str) -> Response<Body> {
        let mut response = Response::new(Body::from(self.json(docs, request_id)));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(challenge) = self.challenge() {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        let extras = self.extras.as_deref();
        if let Some(allow) = extras.and_then(|extras| extras.allow.as_deref()).and_then(|allow| allow.parse().ok()) {
            headers.insert(header::ALLOW, allow);
        }
        if let Some(seconds) = extras.and_then(|extras| extras.retry_after).or((self.code.status() == 503).then_some(1))
        {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }

    /// The body only, for responses written without an HTTP library.
    pub fn json(&self, docs: &str, request_id: &str) -> String {
        let mut body = json!({
            "type": format!("{docs}#section/Problems/{}", self.code.name()),
            "title": self.code.title(),
            "status": self.code.status(),
            "detail": self.detail,
            "code": self.code.name(),
            "request_id": request_id,
        });
        if let Some(extras) = &self.extras {
            if !extras.errors.is_empty() {
                body["errors"] = json!(extras.errors);
            }
            if let Some(scope) = extras.required_scope {
                body["required_scope"] = json!(scope);
            }
            if let Some(occurrence) = &extras.occurrence_id {
                body["occurrence_id"] = json!(occurrence);
            }
        }
        // Pointers and details may contain the caller's text.
        mask_keys(&body.to_string()).into_owned()
    }

    fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// `WWW-Authenticate` (RFC 6750, section 3): without `error` if no key was sent.
    fn challenge(&self) -> Option<HeaderValue> {
        let text = match (self.code, self.code.status()) {
            // No key would help a person in the dashboard.
            (code, _) if !code.is_for_api_callers() => return None,
            (Code::MissingKey | Code::MissingToken | Code::NotSignedIn, _) => r#"Bearer realm="flow""#.to_owned(),
            (Code::InsufficientScope, _) => {
                let scope = self.required_scope().unwrap_or_default();
                format!(r#"Bearer realm="flow", error="insufficient_scope", scope="{scope}""#)
            }
            (code, 401 | 403) => {
                format!(r#"Bearer realm="flow", error="invalid_token", error_description="{}""#, code.title())
            }
            _ => return None,
        };
        text.parse().ok()
    }
}

/// The problem is kept in the response's extensions until the server renders it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => {
                error.log("a request is answered 503");
                Self::new(Code::Unavailable, "The database does not answer. Try again in a moment.")
            }
            StoreError::Overloaded => {
                Self::new(Code::Overloaded, "Too many requests are waiting for the database. Try again in a moment.")
            }
            StoreError::Taken => Self::new(Code::Conflict, "Another row already has this value."),
            StoreError::Gone => {
                Self::new(Code::Conflict, "A row that this one refers to was just deleted. Read it again.")
            }
            StoreError::Undone => {
                Self::new(Code::Unavailable, "The database could not keep this write. Try again in a moment.")
            }
            StoreError::Locked => Self::new(Code::Unavailable, "The row is being changed. Try again in a moment."),
            StoreError::Broken(cause) => Self::internal(cause),
        }
    }
}
