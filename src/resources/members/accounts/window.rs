//! Signing in to the widget in a window of its own, for browsers that keep no cookie in a frame, and for people whose password
//! manager fills in no frame.
//!
//! The widget's frame makes an id and a secret, notes them here, and opens the window with the id. Who signs in there answers the
//! request, and the frame, which alone knows the secret, uses it up for a session of its own. Neither window needs to reach the
//! other.

use std::time::Duration;

use super::{lock_current, sign_in::begin_session_in_frame};
use crate::{
    access::{
        member_sessions::{
            queries,
            stored::{LiveMemberSession, WINDOW_WITHIN, WindowRequest},
            unscoped::find_window_request,
        },
        network::Network,
        origin::AllowedOrigin,
        sessions::throttle::Attempt,
    },
    operation::app::App,
    signin::sign_in::write_slot,
    store::{error::StoreError, fair::Requester, id::StudioId, token::Token, turns::WriteTx},
    wire::problem::{Code, Problem},
};

/// What the widget has asked for.
pub struct NewWindow<'w> {
    /// The studio of the website's key.
    pub studio: StudioId,
    /// The website.
    pub origin: &'w AllowedOrigin,
    /// What the window knows it by.
    pub id: &'w str,
    /// What the frame knows it by.
    pub secret: &'w str,
}

/// What became of a sign-in in a window.
pub enum WindowOutcome {
    /// Nobody has signed in yet.
    Waiting,
    /// It was used, is too late, or was never asked for.
    Gone,
    /// The session of the frame.
    SignedIn(Token),
}

/// Notes what the widget has asked for.
///
/// # Errors
/// `malformed_request` for an id or a secret that no frame of ours makes; `rate_limited`; when the database fails.
pub async fn ask(app: &App, wanted: NewWindow<'_>, network: Network) -> Result<(), Problem> {
    if !is_random(wanted.id, 22) || !is_random(wanted.secret, 43) {
        return Err(Problem::malformed("A sign-in in a window has an id of 22 characters and a secret of 43."));
    }
    let throttle = &app.access.member_sessions.throttle;
    throttle.begin(Attempt::window(network), app.clock.uptime()).await.map_err(|exhausted| {
        Problem::new(Code::RateLimited, "Too many windows were opened from this network.")
            .with_retry_after(exhausted.wait)
    })?;
    let _slot = write_slot(app, wanted.studio, network).await?;
    let mut tx = app.db.begin_studio(&app.clock, wanted.studio, 1).await?;
    let now = tx.now.clock;
    let request = WindowRequest {
        studio_id: wanted.studio,
        id: wanted.id.to_owned(),
        secret_hash: Token::hash_of(wanted.secret),
        origin: wanted.origin.to_string(),
        expires_at: now.plus(WINDOW_WITHIN),
        session_id: None,
    };
    if !queries::note_window_request(tx.on(), &request, now).await? {
        let detail =
            "Too many windows wait for a sign-in at this studio. Sign in on the page, or try again in a few minutes.";
        return Err(Problem::new(Code::RateLimited, detail)
            .with_retry_after(u32::try_from(WINDOW_WITHIN.as_secs()).unwrap_or(u32::MAX)));
    }
    tx.commit().await?;
    Ok(())
}

fn is_random(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// What the window's id names, unless it is too late.
///
/// # Errors
/// When the database fails.
pub async fn find(app: &App, id: &str, network: Network) -> Result<Option<WindowRequest>, StoreError> {
    let _slot = app.admission.read(Requester { studio: None, network: network.address() }, 1).await?;
    find_window_request(app.db.read(), id, app.clock.now()).await
}

/// Answers a request with the session of the window. Whether it was waiting for one.
///
/// # Errors
/// When the database fails.
pub async fn answer(
    app: &App,
    request: &WindowRequest,
    session: &LiveMemberSession,
    network: Network,
) -> Result<bool, StoreError> {
    let _slot = write_slot(app, request.studio_id, network).await?;
    let mut tx = app.db.begin_studio(&app.clock, request.studio_id, 1).await?;
    let was_waiting = queries::answer_window_request(tx.on(), &request.id, session.id).await?;
    tx.commit().await?;
    Ok(was_waiting)
}

/// Redeems a request that was answered, once: begins the session of the frame. Signing out of the frame or of the window ends both.
///
/// # Errors
/// When the database fails.
pub async fn claim(app: &App, id: &str, secret: &str, network: Network) -> Result<WindowOutcome, Problem> {
    let found = find(app, id, network).await?.filter(|request| request.secret_hash == Token::hash_of(secret));
    let Some(request) = found else { return Ok(WindowOutcome::Gone) };
    let Some(opened_by) = request.session_id else { return Ok(WindowOutcome::Waiting) };
    let studio = request.studio_id;
    let _slot =
        app.admission.write(Requester { studio: Some(studio), network: network.address() }, Duration::ZERO).await?;
    let mut tx = app.db.begin_studio(&app.clock, studio, 1).await?;
    let now = tx.now.clock;
    let Some(opener) = queries::find_live(tx.on(), opened_by, now).await? else { return Ok(WindowOutcome::Gone) };
    let is_current = lock_current(&mut tx, opener.membership_id.same()).await?.is_some();
    if !is_current || !queries::use_window_request(tx.on(), id).await? {
        return Ok(WindowOutcome::Gone);
    }
    let token = begin_session_in_frame(&mut tx, opener.membership_id.same(), network, Some(opened_by)).await?;
    tx.commit().await?;
    Ok(WindowOutcome::SignedIn(token))
}
