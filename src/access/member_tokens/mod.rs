//! Member tokens: what a studio's page calls the Members API with for a member who is signed in. A token lives ten minutes, belongs
//! to a session, and is used from one origin alone. [`jwt`] writes and reads it, [`judge`] judges a call with it.

pub mod caller;
pub mod guard;
pub mod judge;
pub mod jwt;

use self::{judge::LIFETIME_SECONDS, jwt::MemberClaims};
use super::{Access, member_sessions::stored::LiveMemberSession, origin::AllowedOrigin, stored::KeyId};
use crate::{store::clock::random, wire::problem::Problem};

/// Issues a token of a session, to a page of this origin that brought this publishable key.
///
/// # Errors
/// `unavailable` when no token can be signed; when the database fails.
pub async fn issue(
    access: &Access,
    session: &LiveMemberSession,
    origin: &AllowedOrigin,
    key: KeyId,
) -> Result<String, Problem> {
    let iat = access.clock.now().micros().div_euclid(1_000_000);
    let claims = MemberClaims {
        iss: access.member_sessions.url().to_owned(),
        sub: session.membership_id,
        aud: session.studio_id,
        origin: origin.as_str().to_owned(),
        iat,
        exp: iat + LIFETIME_SECONDS,
        jti: hex::encode(random::<16>()),
        sid: session.id,
        azp: Some(key),
    };
    let (signing, pair) = access.signing_keys.signing().await?;
    Ok(jwt::sign(&claims, &signing, &pair)?)
}
