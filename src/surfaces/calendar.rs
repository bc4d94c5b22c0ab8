//! `GET /calendar/{secret}.ics` on the Members surface: a member's calendar, for the calendar programs that they gave its link to. The
//! secret in the path is the credential. One that is unknown, was revoked or has another form is answered as a path at which nothing
//! is served.

use axum::{
    body::Body,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, Response, header},
    response::IntoResponse,
};

use super::assets::OpenRow;
use crate::{
    access::{
        call_info::{CallInfo, CallSlot},
        client::client_of,
        network::Network,
    },
    operation::{app::App, endpoint::page},
    resources::{
        bookings::calendar,
        members::calendar::{CALENDARS, FILE_ENDING},
    },
    wire::{
        etag,
        problem::{Code, Problem},
    },
};

/// The row.
pub fn row() -> OpenRow<App> {
    page("/calendar/{file}", show)
}

async fn show(State(app): State<App>, request: Request) -> Response<Body> {
    let network = Network::of(client_of(&request, &app.access.trusted_proxies));
    let file = request.uri().path().strip_prefix(CALENDARS).and_then(|file| file.strip_suffix(FILE_ENDING));
    let found = calendar::read(&app, file.unwrap_or_default(), network).await;
    let mut response = match found {
        Ok(Some(calendar)) => {
            let info = CallInfo { operation: Some("memberCalendar"), admitted: true, ..CallInfo::default() };
            CallSlot::set(request.extensions(), info);
            // A browser that opens the link keeps the secret out of the name of the file.
            let headers: [(HeaderName, &'static str); 4] = [
                (header::CONTENT_TYPE, "text/calendar; charset=utf-8"),
                (header::CONTENT_DISPOSITION, "attachment; filename=\"classes.ics\""),
                (header::CACHE_CONTROL, "private, no-cache"),
                (HeaderName::from_static("x-robots-tag"), "noindex"),
            ];
            let response = (headers, calendar).into_response();
            etag::conditional(&etag::held(request.headers()), response).await
        }
        Ok(None) => Problem::new(Code::UnknownOperation, "Nothing is served at this path.").into_response(),
        Err(problem) => problem.into_response(),
    };
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
