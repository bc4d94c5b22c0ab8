//! Member tokens for the sign-in widget. Its page asks here, with its cookie, for a token for the page that it is framed by: a
//! publishable key, and the origin that the browser said of that page. Our own page alone may ask, as `Sec-Fetch-Site` says.

use axum::{
    body::Body,
    extract::State,
    http::{Response, header},
    response::IntoResponse,
};
use serde_json::json;

use crate::{
    access::{
        key::{KeyKind, PresentedKey},
        keyring::NotLookedUp,
        member_sessions::visitor::SignedInMember,
        member_tokens::{self, judge::LIFETIME_SECONDS},
        network::Network,
        rate::Exhausted,
        stored::LiveKey,
    },
    dashboard::form::Sent,
    operation::app::App,
    wire::problem::{Code, Problem},
};

/// Hands out a token for the member of the key's studio who is signed in.
pub(super) async fn issue(
    State(app): State<App>,
    visitor: Option<SignedInMember>,
    network: axum::Extension<Network>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let key = publishable_key(&app, form.text("pk").unwrap_or_default(), network.0).await?;
    let wanted = form.text("origin").unwrap_or_default();
    let origin = key.stored.origins.iter().find(|origin| origin.as_str() == wanted).ok_or_else(not_allowed)?;
    let studio = key.stored.studio_id;
    let session =
        visitor.as_ref().and_then(|member| member.sessions().iter().find(|session| session.studio_id == studio));
    let session = session.ok_or_else(|| {
        Problem::new(Code::NotSignedIn, "Nobody is signed in here as a member of this key's studio. Show the sign-in.")
    })?;
    let token = member_tokens::issue(&app.access, session, origin).await?;
    let body = json!({"token": token, "expires_in": LIFETIME_SECONDS}).to_string();
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

fn not_allowed() -> Problem {
    let detail =
        "This key does not allow the page's origin. Only origins that the key names may frame the sign-in widget.";
    Problem::new(Code::OriginNotAllowed, detail)
}

/// The key that a studio's page brings, while it may be used.
async fn publishable_key(app: &App, text: &str, network: Network) -> Result<std::sync::Arc<LiveKey>, Problem> {
    let malformed = || Problem::new(Code::MalformedKey, "`pk` is not a whole publishable key. Copy the key again.");
    let key = PresentedKey::parse(text).map_err(|_| malformed())?;
    if key.kind() != KeyKind::Publishable {
        return Err(malformed());
    }
    let found = app.access.keyring.look_up(&key.claim(), network).await.map_err(|refused| match refused {
        NotLookedUp::Failed(problem) => problem,
        NotLookedUp::Flood(Exhausted { wait }) => {
            let detail = "Too many unknown keys came from this network. Keys in use keep working.";
            Problem::new(Code::RateLimited, detail).with_retry_after(wait)
        }
    })?;
    let found = found.ok_or_else(|| Problem::new(Code::UnknownKey, "This gateway knows no such key."))?;
    let now = app.clock.now();
    if found.stored.revoked_at.is_some() {
        return Err(Problem::new(Code::RevokedKey, "This key was revoked."));
    }
    if found.stored.expires_at.is_some_and(|end| end <= now) {
        return Err(Problem::new(Code::ExpiredKey, "This key has expired."));
    }
    Ok(found)
}
