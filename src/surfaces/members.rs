//! What anyone reaches on the Members surface: the files of its pages. The pages themselves stand in `member_pages`.

use super::{
    assets::{self, AssetKind, OpenRow},
    studio::{FORMS, STYLE},
};
use crate::{dashboard::page::POLICY, operation::app::App};

/// The rows.
pub fn rows() -> Vec<OpenRow<App>> {
    vec![
        assets::file("/members.css", AssetKind::Style, STYLE, POLICY),
        assets::file("/members.js", AssetKind::Script, FORMS, POLICY),
    ]
}
