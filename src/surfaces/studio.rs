//! What anyone reaches on the Studio surface: the files of the dashboard's pages, and reports of exposed keys. The pages
//! themselves stand in `dashboard`.

use super::{
    assets::{self, AssetKind, OpenRow},
    exposed_keys, github_secret_scanning,
};
use crate::{dashboard::page::POLICY, operation::app::App};

/// The looks of pages for people.
pub const STYLE: &[u8] = include_bytes!("../../web/dashboard/studio.css");
/// The script of their forms.
pub const FORMS: &[u8] = include_bytes!("../../web/dashboard/forms.js");

/// The rows; that of GitHub's reports where they are switched on.
pub fn rows(takes_github: bool) -> Vec<OpenRow<App>> {
    let script = &include_bytes!("../../web/dashboard/studio.js")[..];
    let mut rows = vec![
        assets::file("/studio/studio.css", AssetKind::Style, STYLE, POLICY),
        assets::file("/studio/forms.js", AssetKind::Script, FORMS, POLICY),
        assets::file("/studio/studio.js", AssetKind::Script, script, POLICY),
        exposed_keys::row(),
    ];
    rows.extend(takes_github.then(github_secret_scanning::row));
    rows
}
