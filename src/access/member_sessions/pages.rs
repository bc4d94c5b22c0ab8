//! Who reaches a page for members, and the pages that others lead to. The table of all pages is in `member_pages::table`.

use crate::access::network::Network;

/// The page where members sign in.
pub const SIGN_IN: &str = "/sign-in";
/// The page of somebody who is signed in.
pub const ACCOUNT: &str = "/account";
/// The page that an invitation's link leads to.
pub const INVITATION: &str = "/invitation";
/// The page that the link to a new password leads to.
pub const PASSWORD_RESET: &str = "/password-reset";
/// The page that the link to a new address leads to.
pub const EMAIL_CHANGE: &str = "/email-change";
/// The page where who is signed in asks for that link.
pub const CHANGE_EMAIL: &str = "/account/email";
/// The page where they choose another password.
pub const CHANGE_PASSWORD: &str = "/account/password";
/// The page where they make and revoke the link to their calendar.
pub const CALENDAR: &str = "/account/calendar";
/// The page that asks for a link to a new password.
pub const FORGOTTEN: &str = "/forgotten-password";

/// The page of the sign-in widget, which websites show in a frame.
pub const WIDGET: &str = "/widget";
/// The window of its own that the widget opens.
pub const WINDOW: &str = "/widget/window";

/// Which page is asked for, and from where: for pages that count it as a use of a key.
#[derive(Clone, Copy, Debug)]
pub struct PageVisit {
    /// The operation's id.
    pub operation: &'static str,
    /// The client's network.
    pub network: Network,
}

/// Who reaches a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberReach {
    /// Anybody.
    Anyone,
    /// Who is signed in.
    SignedIn,
}
