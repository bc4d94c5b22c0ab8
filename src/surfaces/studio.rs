//! What anyone reaches on the Studio surface: the files of the dashboard's pages, and reports of exposed keys. The pages
//! themselves stand in `dashboard`.

use super::{
    assets::{self, AssetKind, OpenRow},
    exposed_keys,
};
use crate::{dashboard::page::POLICY, operation::app::App};

/// The rows.
pub fn rows() -> Vec<OpenRow<App>> {
    let style = &include_bytes!("../../web/dashboard/studio.css")[..];
    let script = &include_bytes!("../../web/dashboard/studio.js")[..];
    vec![
        assets::file("/studio/studio.css", AssetKind::Style, style, POLICY),
        assets::file("/studio/studio.js", AssetKind::Script, script, POLICY),
        exposed_keys::row(),
    ]
}
