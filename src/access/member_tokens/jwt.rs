//! Member tokens as text: JSON Web Tokens (RFC 7519) with one signature algorithm, `EdDSA` (RFC 8037).
//!
//! Promises that a token's own header decides nothing but which of our keys is tried: another algorithm, a key that the token
//! brings along or points to (`jwk`, `jku`, `x5u`, …), an extension, or any other field makes it no token.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use ring::signature::{ED25519, Ed25519KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

use crate::{
    access::{
        member_sessions::stored::MemberId,
        sessions::stored::SessionRow,
        signing_keys::stored::{SigningKey, SigningKeyId},
        stored::KeyId,
    },
    store::{
        error::StoreError,
        id::{Id, StudioId},
    },
};

/// The longest token that is looked at: ours have about 600 characters.
const MAX_TOKEN_LENGTH: usize = 2048;
const ALGORITHM: &str = "EdDSA";
const TYPE: &str = "JWT";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TokenHeader {
    alg: String,
    kid: String,
    typ: String,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MemberClaims {
    /// Who issued it: the URL of the Members surface.
    pub iss: String,
    /// The membership.
    pub sub: MemberId,
    /// The studio.
    pub aud: StudioId,
    /// The origin of the page that it was handed to, which alone may use it.
    pub origin: String,
    /// When it was issued, in seconds.
    pub iat: i64,
    /// When it expires, in seconds.
    pub exp: i64,
    /// Its own id.
    pub jti: String,
    /// The session that it belongs to.
    pub sid: Id<SessionRow>,
    /// The publishable key of the page that it was handed to: calls with the token count as its use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azp: Option<KeyId>,
}

/// Writes and signs a token.
///
/// # Errors
/// When the claims are no JSON.
pub fn sign(claims: &MemberClaims, key: &SigningKey, pair: &Ed25519KeyPair) -> Result<String, StoreError> {
    let header = TokenHeader { alg: ALGORITHM.to_owned(), kid: key.id.to_string(), typ: TYPE.to_owned() };
    let signed = format!("{}.{}", part(&header)?, part(claims)?);
    let signature = BASE64_URL_SAFE_NO_PAD.encode(pair.sign(signed.as_bytes()));
    Ok(format!("{signed}.{signature}"))
}

fn part(of: &impl Serialize) -> Result<String, StoreError> {
    let json =
        serde_json::to_vec(of).map_err(|error| StoreError::Broken(format!("a token does not encode: {error}")))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(json))
}

/// The key that a token says has signed it.
pub fn key_of(token: &str) -> Option<SigningKeyId> {
    if token.len() > MAX_TOKEN_LENGTH {
        return None;
    }
    let header: TokenHeader = serde_json::from_slice(&decode(token.split_once('.')?.0)?).ok()?;
    (header.alg == ALGORITHM && header.typ == TYPE).then(|| header.kid.parse().ok())?
}

/// What a token says, if one of these keys has signed it.
pub fn read(token: &str, keys: &[SigningKey]) -> Option<MemberClaims> {
    let named = key_of(token)?;
    let (signed, signature) = token.rsplit_once('.')?;
    let (_, claims) = signed.split_once('.')?;
    let key = keys.iter().find(|key| key.id == named)?;
    let public = UnparsedPublicKey::new(&ED25519, decode(&key.public_key)?);
    public.verify(signed.as_bytes(), &decode(signature)?).ok()?;
    serde_json::from_slice(&decode(claims)?).ok()
}

fn decode(part: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(part).ok()
}
