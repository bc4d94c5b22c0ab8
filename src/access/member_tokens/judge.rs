//! The judgement of a call with a member token: two pure functions. The first judges the token, the second the call, once the
//! token's session was read. What passes is a [`MemberCaller`].
//!
//! In this order: the credential; its form, signature and claims; the page that sends it; the session; the operation.

use super::{
    caller::MemberCaller,
    jwt::{self, MemberClaims},
};
use crate::{
    access::{
        call::Credential,
        member_sessions::stored::LiveTokenSession,
        network::Network,
        signing_keys::stored::SigningKey,
        table::{Lookup, Table},
    },
    store::instant::Instant,
    wire::problem::{Code, Problem},
};

/// How long a token lives, in seconds.
pub const LIFETIME_SECONDS: i64 = 600;
/// So far the clock of the instance that issued a token may be ahead of ours, in seconds.
const MAX_CLOCK_SKEW_SECONDS: i64 = 30;

/// A call with a token, as far as the judgement looks at it.
#[derive(Clone, Copy)]
pub struct TokenCall<'c> {
    /// The method's name.
    pub method: &'c str,
    /// The path.
    pub path: &'c str,
    /// What `Authorization` holds.
    pub credential: Credential<'c>,
    /// The `Origin`.
    pub origin: Option<&'c str>,
    /// The client's network.
    pub network: Network,
}

/// A token that is ours, current, and used from its own origin.
#[derive(Clone, Debug)]
pub struct VerifiedToken(MemberClaims);

impl VerifiedToken {
    /// What it says.
    pub fn claims(&self) -> &MemberClaims {
        &self.0
    }
}

/// Judges the token of a call.
///
/// # Errors
/// `missing_token`, `invalid_token`, `expired_token`, `origin_not_allowed`.
pub fn verify(call: &TokenCall<'_>, keys: &[SigningKey], issuer: &str, now: Instant) -> Result<VerifiedToken, Problem> {
    let Credential::Bearer(text) = call.credential else { return Err(no_token(call.credential)) };
    let claims = jwt::read(text, keys).filter(|claims| claims.iss == issuer).ok_or_else(invalid)?;
    let seconds = now.micros().div_euclid(1_000_000);
    if claims.exp <= seconds {
        return Err(Problem::new(Code::ExpiredToken, "This token has expired. Ask the sign-in widget for a new one."));
    }
    let is_early = claims.iat > seconds + MAX_CLOCK_SKEW_SECONDS;
    if is_early || claims.exp - claims.iat > LIFETIME_SECONDS {
        return Err(invalid());
    }
    if call.origin != Some(claims.origin.as_str()) {
        let detail = "This token was handed to a page of another origin, or the call does not say from which it comes. A \
            token is used by the page that it was handed to, in a browser.";
        return Err(Problem::new(Code::OriginNotAllowed, detail));
    }
    Ok(VerifiedToken(claims))
}

/// Judges a call whose token is right; the session is the one that the token names, while it lasts.
///
/// # Errors
/// `invalid_token`, `unknown_operation`, `method_not_allowed`.
pub fn admit(
    call: &TokenCall<'_>,
    token: &VerifiedToken,
    session: Option<LiveTokenSession>,
    table: &Table<()>,
) -> Result<MemberCaller, Problem> {
    let session = session.filter(|session| session.membership_id == token.claims().sub);
    let Some(session) = session else {
        let detail =
            "The session of this token has ended: the member signed out, or the membership is over. Sign in again.";
        return Err(Problem::new(Code::InvalidToken, detail));
    };
    match table.find(call.method, call.path) {
        Lookup::Operation(rule) => Ok(MemberCaller::admitted(session, token.claims().aud, rule.id, call.network)),
        Lookup::OtherMethods { allow, .. } => {
            let detail = "This path does not take this method. `Allow` names those that it takes.";
            Err(Problem::new(Code::MethodNotAllowed, detail).with_allow(allow))
        }
        Lookup::Nothing => Err(Problem::new(Code::UnknownOperation, "There is no such operation.")),
    }
}

/// Why a call whose credential is no token is refused.
pub fn no_token(credential: Credential<'_>) -> Problem {
    match credential {
        Credential::Missing => {
            let detail = "Every call needs a member token: send `Authorization: Bearer <token>`. `flow.js` does so.";
            Problem::new(Code::MissingToken, detail)
        }
        Credential::Several => Problem::malformed("There is more than one `Authorization` header. Send one."),
        Credential::Bearer(_) | Credential::Unreadable => invalid(),
    }
}

fn invalid() -> Problem {
    let detail = "This is not a token of this gateway, or not a whole one. Ask the sign-in widget for a new one.";
    Problem::new(Code::InvalidToken, detail)
}
