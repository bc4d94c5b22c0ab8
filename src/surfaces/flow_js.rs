//! `flow.js`, the script of a studio's website: as a script and as a module, with its types; and each published version under a path
//! that names it and its bytes, which a page may pin by their hash (Subresource Integrity). Promises that such a path is served with
//! the same bytes by every later version.

use std::sync::LazyLock;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256, Sha384};

use super::assets::{self, AssetKind, OpenRow};
use crate::{dashboard::page::POLICY, operation::app::App};

/// The script of this version.
const SCRIPT: &[u8] = include_bytes!("../../web/flow.js");
const MODULE: &[u8] = include_bytes!("../../web/flow.mjs");
const TYPES: &[u8] = include_bytes!("../../web/flow.d.ts");

/// A script that was published.
struct Release {
    version: &'static str,
    script: &'static [u8],
}

/// All of them, oldest first. Pages name their paths and hashes, so none is ever changed or removed: see `web/flow/README.md`.
const RELEASES: &[Release] = &[Release { version: "0.1.0", script: include_bytes!("../../web/flow/flow-0.1.0.js") }];

/// A script under a path that never changes.
pub struct PinnedScript {
    /// The path, which names the version and the bytes: `/flow-0.1.0-1f0c….js`.
    pub path: String,
    /// What a page that pins the script writes into `integrity`.
    pub integrity: String,
    script: &'static [u8],
}

impl PinnedScript {
    fn of(version: &str, script: &'static [u8]) -> Self {
        let hash = hex::encode(&Sha256::digest(script)[..8]);
        let integrity = format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(script)));
        Self { path: format!("/flow-{version}-{hash}.js"), integrity, script }
    }
}

/// The published scripts, and the last that of this version.
pub static PINNED: LazyLock<Vec<PinnedScript>> = LazyLock::new(|| {
    let mut pinned: Vec<_> = RELEASES.iter().map(|release| PinnedScript::of(release.version, release.script)).collect();
    if pinned.last().is_none_or(|newest| newest.script != SCRIPT) {
        pinned.push(PinnedScript::of(env!("CARGO_PKG_VERSION"), SCRIPT));
    }
    pinned
});

/// That of this version.
///
/// # Panics
/// Never: there is one in any case.
pub fn current() -> &'static PinnedScript {
    &PINNED[PINNED.len() - 1]
}

/// The rows.
pub fn rows() -> Vec<OpenRow<App>> {
    let forever = "public, max-age=31536000, immutable";
    let shortly = "public, max-age=300";
    let mut rows = vec![
        assets::kept_file("/flow.js", AssetKind::Script, SCRIPT, POLICY, shortly),
        assets::kept_file("/flow.mjs", AssetKind::Script, MODULE, POLICY, shortly),
        assets::kept_file("/flow.d.ts", AssetKind::Types, TYPES, POLICY, shortly),
    ];
    rows.extend(
        PINNED.iter().map(|pinned| assets::kept_file(&pinned.path, AssetKind::Script, pinned.script, POLICY, forever)),
    );
    rows
}
