//! A page as it is sent: HTML under the dashboard's policy, kept by nobody.

use askama::Template;
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header},
    response::IntoResponse,
};

use crate::{
    access::sessions::pages::KEYS,
    wire::{problem::Problem, redirect::see_other},
};

/// What a browser may load and run for a page of the dashboard: what comes from here, and nothing that is written into it.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
    form-action 'self'; frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'";

/// The headers of a page.
pub fn put_headers(headers: &mut HeaderMap) {
    put_headers_of(headers, "text/html; charset=utf-8");
}

/// The same for what is no page: a download, or an event stream.
pub(super) fn put_headers_of(headers: &mut HeaderMap, media_type: &'static str) {
    for (name, value) in [
        (header::CONTENT_TYPE, media_type),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "same-origin"),
        // A page that opened ours cannot lead our tab elsewhere.
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

/// A page of this template.
///
/// # Errors
/// When the template fails.
pub fn page(template: &impl Template) -> Result<Response<Body>, Problem> {
    with_status(StatusCode::OK, template)
}

/// The same with a status: a form that is shown again with what is wrong with it.
///
/// # Errors
/// When the template fails.
pub fn with_status(status: StatusCode, template: &impl Template) -> Result<Response<Body>, Problem> {
    let mut response = template.render().map_err(Problem::internal)?.into_response();
    *response.status_mut() = status;
    put_headers(response.headers_mut());
    Ok(response)
}

/// Leads to another page after a form was sent, so that a reload sends nothing again.
pub(super) fn lead_to(path: &str) -> Response<Body> {
    see_other(path, FIRST_PAGE)
}

/// The page that the dashboard opens with.
pub(super) const FIRST_PAGE: &str = KEYS;

/// A page of ours that somebody wanted to see: a path and its query, and nothing that a browser takes for another host.
pub(super) fn own_path(wanted: Option<&str>) -> Option<&str> {
    let are = |text: &str, marks: &[u8]| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || marks.contains(&byte));
    let is_plain = |wanted: &&str| {
        let (path, query) = wanted.split_once('?').unwrap_or((wanted, ""));
        path.starts_with("/studio/")
            && !path.contains("//")
            && !path.contains("..")
            && are(path, b"/-_.")
            && are(query, b"-_.~%+=&:")
    };
    wanted.filter(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_signs_in_is_led_to_our_pages_alone() {
        assert_eq!(own_path(Some("/studio/api-keys/key_1")), Some("/studio/api-keys/key_1"));
        assert_eq!(own_path(Some("/studio/api-keys/new?like=key_1")), Some("/studio/api-keys/new?like=key_1"));
        for foreign in [
            "//evil.example",
            "https://evil.example",
            "/studio//evil.example",
            "/studio/../x",
            "/studio/\\evil",
            "/studio/x?<script>",
            "/studio/x?//evil.example",
            "",
            "/",
        ] {
            assert_eq!(own_path(Some(foreign)), None, "{foreign}");
        }
    }
}
