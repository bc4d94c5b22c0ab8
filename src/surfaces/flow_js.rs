//! `flow.js`, the script of a studio's website: as a script and as a module, with its types; and the same script under a path that
//! names its version and its bytes, which a page may pin by their hash (Subresource Integrity).

use std::sync::LazyLock;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256, Sha384};

use super::assets::{self, AssetKind, OpenRow};
use crate::{dashboard::page::POLICY, operation::app::App};

const SCRIPT: &[u8] = include_bytes!("../../web/flow.js");
const MODULE: &[u8] = include_bytes!("../../web/flow.mjs");
const TYPES: &[u8] = include_bytes!("../../web/flow.d.ts");

/// The path that names the version and the bytes: `/flow-0.1.0-1f0c….js`.
pub static PINNED_PATH: LazyLock<String> = LazyLock::new(|| {
    let hash = hex::encode(&Sha256::digest(SCRIPT)[..8]);
    format!("/flow-{}-{hash}.js", env!("CARGO_PKG_VERSION"))
});

/// What a page that pins the script writes into `integrity`.
pub static INTEGRITY: LazyLock<String> =
    LazyLock::new(|| format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(SCRIPT))));

/// The rows.
pub fn rows() -> Vec<OpenRow<App>> {
    let forever = "public, max-age=31536000, immutable";
    let shortly = "public, max-age=300";
    vec![
        assets::kept_file("/flow.js", AssetKind::Script, SCRIPT, POLICY, shortly),
        assets::kept_file("/flow.mjs", AssetKind::Script, MODULE, POLICY, shortly),
        assets::kept_file("/flow.d.ts", AssetKind::Types, TYPES, POLICY, shortly),
        assets::kept_file(&PINNED_PATH, AssetKind::Script, SCRIPT, POLICY, forever),
    ]
}
