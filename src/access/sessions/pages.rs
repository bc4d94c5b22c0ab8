//! Who reaches a page of the dashboard, and the pages that the judge itself leads to. The table of all pages is in
//! `dashboard::table`.

use super::stored::Role;

/// The page where staff sign in.
pub const SIGN_IN: &str = "/studio/sign-in";
/// What is added to the path that a sign-in leads to: where it comes back without a session, the browser kept no cookie.
pub const SIGNED_IN: &str = "signed_in=1";
/// The page that asks for the password anew.
pub const CONFIRM: &str = "/studio/confirm";

/// The list of keys, with which the dashboard opens. The page of a key is below it.
pub const KEYS: &str = "/studio/api-keys";
/// The page that the link of an invitation to the staff leads to.
pub const INVITATION: &str = "/studio/invitation";
/// The page that the link to a new password leads to.
pub const PASSWORD_RESET: &str = "/studio/password-reset";
/// The page that asks for that link.
pub const FORGOTTEN: &str = "/studio/forgotten-password";

/// The pages that compare or hash a password. They take their slot of the database afterwards, so that nobody else waits for a hash.
pub const COMPARE_A_PASSWORD: [&str; 4] = [SIGN_IN, CONFIRM, INVITATION, PASSWORD_RESET];

/// The page of the studio's settings. Its form waits for the turn to write the studio's timetable, and takes its slot of the
/// database afterwards: who has the turn may be waiting for a slot.
pub const SETTINGS: &str = "/studio/settings";

/// Who reaches a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Anybody.
    Anyone,
    /// Staff of this role, or of one that may do more.
    Staff(Role),
    /// The same, once they have typed their password a moment ago.
    Fresh(Role),
}
