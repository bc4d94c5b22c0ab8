//! Errors as pages for members. Called by the server where it writes an answer out.

use askama::Template;
use axum::{body::Body, http::Response};

use super::texts::{MEMBER_TEXTS, MemberTexts};
use crate::{
    dashboard::{api_texts, errors},
    wire::problem::{Code, Problem},
};

#[derive(Template)]
#[template(path = "member_error.html")]
struct MemberErrorPage<'p> {
    m: &'static MemberTexts,
    title: &'static str,
    detail: &'p str,
    request_id: &'p str,
}

/// The page of a problem: its status and headers, and its words.
pub fn page(problem: &Problem, request_id: &str) -> Response<Body> {
    let (title, detail) = (title_of(problem.code()), &api_texts::problem(problem));
    let page = MemberErrorPage { m: &MEMBER_TEXTS, title, detail, request_id };
    errors::render(problem, request_id, &page)
}

fn title_of(code: Code) -> &'static str {
    match code.status() {
        403 => MEMBER_TEXTS.error_forbidden,
        404 | 405 => MEMBER_TEXTS.error_not_found,
        429 => MEMBER_TEXTS.error_too_many,
        500 => MEMBER_TEXTS.error_ours,
        503 | 504 => MEMBER_TEXTS.error_busy,
        _ => MEMBER_TEXTS.error_other,
    }
}
