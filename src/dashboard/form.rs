//! What a page's form sent, as a handler takes it.

use axum::extract::{FromRequest, Request};

use crate::{
    operation::app::App,
    wire::{
        body,
        form::Fields,
        problem::{Code, Problem},
    },
};

/// The fields of a form.
pub struct Sent(pub Fields);

impl FromRequest<App> for Sent {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &App) -> Result<Self, Problem> {
        let (parts, sent) = request.into_parts();
        if !body::media_type(&parts.headers).eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(Problem::new(Code::UnsupportedMediaType, "This page takes what its own form sends."));
        }
        body::check_coding(&parts.headers)?;
        Fields::parse(&body::read(sent).await?).map(Self)
    }
}
