//! Errors as pages: what a program reads as a problem, people read as a sentence, with the id that the log knows the request
//! by. Called by the server where it writes an answer out.

use askama::Template;
use axum::{body::Body, http::Response};

use super::{
    api_texts,
    page::put_headers,
    texts::{TEXTS, Texts},
};
use crate::wire::problem::{Code, Problem};

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage<'p> {
    t: &'static Texts,
    title: &'static str,
    detail: &'p str,
    request_id: &'p str,
}

/// The page of a problem: its status and headers, and its words.
pub fn page(problem: &Problem, request_id: &str) -> Response<Body> {
    let (title, detail) = (title_of(problem.code()), &api_texts::problem(problem));
    render(problem, request_id, &ErrorPage { t: &TEXTS, title, detail, request_id })
}

/// A problem's status and headers, with a page of this template.
pub fn render(problem: &Problem, request_id: &str, page: &impl Template) -> Response<Body> {
    let mut response = problem.render("", request_id);
    let written = page.render();
    *response.body_mut() = Body::from(written.unwrap_or_else(|_| title_of(problem.code()).to_owned()));
    response.headers_mut().remove(axum::http::header::WWW_AUTHENTICATE);
    put_headers(response.headers_mut());
    response
}

/// The title of an error's page.
fn title_of(code: Code) -> &'static str {
    match code.status() {
        403 => TEXTS.error_forbidden,
        404 | 405 => TEXTS.error_not_found,
        429 => TEXTS.error_too_many,
        500 => TEXTS.error_ours,
        503 | 504 => TEXTS.error_busy,
        _ => TEXTS.error_other,
    }
}
