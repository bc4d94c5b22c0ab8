//! The page that lists the keys of the keyboard.

use askama::Template;
use axum::{body::Body, extract::State, http::Response};

use super::{frame::Frame, page::page};
use crate::{access::sessions::caller::StaffCaller, operation::app::App, wire::problem::Problem};

#[derive(Template)]
#[template(path = "keyboard.html")]
struct KeyboardPage {
    frame: Frame,
}

/// The page.
pub(super) async fn show(State(app): State<App>, caller: StaffCaller) -> Result<Response<Body>, Problem> {
    page(&KeyboardPage { frame: Frame::of(&app, &caller).await? })
}
