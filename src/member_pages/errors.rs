//! Errors as pages for members. Called by the server where it writes an answer out.

use askama::Template;
use axum::{body::Body, http::Response};

use super::texts::{MEMBER_TEXTS, MemberTexts};
use crate::{
    dashboard::{
        errors::{self, title_of},
        texts::{TEXTS, Texts},
    },
    wire::{mask::mask_keys, problem::Problem},
};

#[derive(Template)]
#[template(path = "member_error.html")]
struct MemberErrorPage<'p> {
    t: &'static Texts,
    m: &'static MemberTexts,
    title: &'static str,
    detail: &'p str,
    request_id: &'p str,
}

/// The page of a problem: its status and headers, and its words.
pub fn page(problem: &Problem, request_id: &str) -> Response<Body> {
    let (title, detail) = (title_of(problem.code()), &mask_keys(problem.detail()));
    let page = MemberErrorPage { t: &TEXTS, m: &MEMBER_TEXTS, title, detail, request_id };
    errors::render(problem, request_id, &page)
}
