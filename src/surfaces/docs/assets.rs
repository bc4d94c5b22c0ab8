//! The style and the script of the docs pages. Their paths name their bytes, so that a browser keeps them for good.

use std::sync::LazyLock;

use sha2::{Digest, Sha256};

/// A file whose path names its bytes.
pub struct NamedByHash {
    /// The path.
    pub path: String,
    /// The bytes.
    pub bytes: &'static [u8],
}

impl NamedByHash {
    fn of(name: &str, ending: &str, bytes: &'static [u8]) -> Self {
        Self { path: format!("/docs/{name}-{}.{ending}", hex::encode(&Sha256::digest(bytes)[..8])), bytes }
    }
}

/// The style.
pub static STYLE: LazyLock<NamedByHash> =
    LazyLock::new(|| NamedByHash::of("docs", "css", include_bytes!("../../../web/docs/docs.css")));
/// The script.
pub static SCRIPT: LazyLock<NamedByHash> =
    LazyLock::new(|| NamedByHash::of("docs", "js", include_bytes!("../../../web/docs/docs.js")));
