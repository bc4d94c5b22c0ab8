//! Who reaches a page of the dashboard, and the pages that the judge itself leads to. The table of all pages is in
//! `dashboard::table`.

use super::stored::Role;

/// The page where staff sign in.
pub const SIGN_IN: &str = "/studio/sign-in";
/// What is added to the path that a sign-in leads to: where it comes back without a session, the browser kept no cookie.
pub const SIGNED_IN: &str = "signed_in=1";
/// The form with the code that follows the password.
pub const SIGN_IN_CODE: &str = "/studio/sign-in/code";
/// Where staff sign out.
pub const SIGN_OUT: &str = "/studio/sign-out";
/// Where a session switches to another studio.
pub const SWITCH: &str = "/studio/switch";
/// The page that asks for the password anew.
pub const CONFIRM: &str = "/studio/confirm";
/// The page that turns a second factor on.
pub const NEW_SECOND_FACTOR: &str = "/studio/second-factor/new";

/// The list of keys, with which the dashboard opens. The page of a key is below it.
pub const KEYS: &str = "/studio/api-keys";
/// The page that the link of an invitation to the staff leads to.
pub const INVITATION: &str = "/studio/invitation";
/// The page that the link to a new password leads to.
pub const PASSWORD_RESET: &str = "/studio/password-reset";
/// The page that asks for that link.
pub const FORGOTTEN: &str = "/studio/forgotten-password";

/// The pages that take their slot of the database themselves: most of them compare or hash a password first, and nobody else waits
/// for a hash.
pub const TAKE_THEIR_OWN_SLOT: [&str; 5] = [SIGN_IN, SIGN_IN_CODE, CONFIRM, INVITATION, PASSWORD_RESET];

/// All that who lacks a second factor reaches, in a studio that asks for one.
pub const WITHOUT_SECOND_FACTOR: [&str; 4] = [NEW_SECOND_FACTOR, CONFIRM, SIGN_OUT, SWITCH];

/// The page of the studio's settings.
pub const SETTINGS: &str = "/studio/settings";
/// The timetable. The pages of what takes place are below it.
pub const TIMETABLE: &str = "/studio/timetable";

/// Whether the form of this page waits for the turn to write the studio's timetable. It takes its slot of the database
/// afterwards: who has the turn may be waiting for a slot.
pub fn waits_for_a_turn(path: &str) -> bool {
    path == SETTINGS || path.strip_prefix(TIMETABLE).is_some_and(|rest| rest.starts_with('/'))
}

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
