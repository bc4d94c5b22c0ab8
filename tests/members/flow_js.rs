//! `flow.js` and its published versions.

use std::{collections::BTreeSet, fs};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use flow_gateway::surfaces::flow_js::{PINNED, current};
use sha2::{Digest, Sha384};

use crate::support::studio::Studio;

/// The versions that websites may name, with their paths and hashes. A row is added with a release, and none is ever changed.
const PUBLISHED: &[(&str, &str, &str)] = &[(
    "0.1.0",
    "/flow-0.1.0-f6623b8be0c176f3.js",
    "sha384-SwcIzhx0YR8aGAkcE5uWHSi5YEevsoEj5EFmCDK8N/UESdaFdxJD6ckRbm7mjQQT",
)];

#[tokio::test]
async fn each_published_version_of_flow_js_is_served_as_it_was() {
    let client = Studio::on_sqlite().await.members_client();
    for (version, path, integrity) in PUBLISHED {
        let reply = client.get(path).await;
        assert_eq!(reply.status, 200, "{version} has vanished: {path}");
        let hash = format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(&reply.body)));
        assert_eq!(hash, *integrity, "{version} has changed");
        assert_eq!(reply.header("cache-control"), "public, max-age=31536000, immutable");
    }
}

#[test]
fn flow_js_is_the_newest_published_version_or_has_a_version_of_its_own() {
    let (newest, path, _) = PUBLISHED.last().expect("a version");
    let now = current();
    let is_new = PUBLISHED.iter().all(|(version, ..)| *version != env!("CARGO_PKG_VERSION"));
    assert!(
        now.path == *path || is_new,
        "flow.js differs from its published version {newest}: web/flow/README.md says what to do with {} {}",
        now.path,
        now.integrity
    );
    let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/web/flow")).expect("the folder").flatten();
    let files: BTreeSet<_> = files.map(|file| file.file_name().into_string().expect("a name")).collect();
    let mut named: BTreeSet<_> = PUBLISHED.iter().map(|(version, ..)| format!("flow-{version}.js")).collect();
    named.insert("README.md".into());
    assert_eq!(files, named);
    assert!(PINNED.len() <= PUBLISHED.len() + 1, "each release has its row here");
}

#[tokio::test]
async fn flow_js_is_a_script_that_any_page_may_load_and_pin() {
    let studio = Studio::on_sqlite().await;
    let client = studio.members_client();
    let script = client.get("/flow.js").await;
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    let pinned = current();
    for path in ["/flow.js", "/flow.mjs", "/flow.d.ts", pinned.path.as_str()] {
        let reply = client.get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        let readers = (reply.header("access-control-allow-origin"), reply.header("cross-origin-resource-policy"));
        assert_eq!(readers, ("*", "cross-origin"), "{path}");
    }
    assert_eq!(client.get(&pinned.path).await.body, script.body);
    let hash = format!("sha384-{}", BASE64_STANDARD.encode(Sha384::digest(&script.body)));
    assert_eq!(hash, pinned.integrity);
    let docs = client.get("/openapi.json").await.body;
    let docs = String::from_utf8_lossy(&docs);
    assert!(docs.contains(&hash) && docs.contains(pinned.path.as_str()));
}

#[test]
fn flow_js_is_smaller_than_8_kilobytes_gzipped_and_uses_nothing_else() {
    use std::io::Write;

    let script = include_bytes!("../../web/flow.js");
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(script).unwrap();
    let size = packed.finish().unwrap().len();
    assert!(size < 8 * 1024, "{size} bytes");
    let text = std::str::from_utf8(script).unwrap();
    assert!(!include_str!("../../web/members/widget.js").contains("\"*\""), "a message to any origin");
    for other in ["import(", "import ", "require(", "eval(", "innerHTML", "Storage", "document.cookie", "\"*\""] {
        assert!(!text.contains(other), "{other}");
    }
}
