//! What anyone reaches on the Studio surface: the files of the dashboard's pages. The pages themselves stand in
//! `dashboard`.

use super::assets::{self, Kind};
use crate::{access::listener::Pages, dashboard::page::POLICY, operation::endpoint};

/// The files.
pub fn pages() -> Pages {
    let style = assets::file(Kind::Style, &include_bytes!("../../web/dashboard/studio.css")[..], POLICY);
    let script = assets::file(Kind::Script, &include_bytes!("../../web/dashboard/studio.js")[..], POLICY);
    let pages = vec![("/studio/studio.css", style), ("/studio/studio.js", script)];
    Pages { paths: pages.iter().map(|(path, _)| *path).collect(), router: endpoint::open(pages, ()) }
}
