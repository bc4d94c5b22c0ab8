//! Every text of the pages for members, beside those that the dashboard's pages have as well.

mod german;

use crate::dashboard::texts::{Translated, texts};

/// The texts of the pages for members.
pub static MEMBER_TEXTS: Translated<MemberTexts> = Translated { english: &ENGLISH, german: &german::GERMAN };

texts! { MemberTexts ENGLISH:
    repeat_password "Repeat the password"
    not_the_same "The two passwords are not the same. Type both again."
    invitation_title "Accept your invitation"
    accept_title "Become a member of {studio}"
    accept_about "You sign in with {email}. Choose a password for {studio}."
    accept "Accept the invitation"
    forgotten_about "Type the address that you sign in with. We send a link that sets a new password; it works once, within an hour. If you are a member of several studios, you get one for each."
    was_asked "If a member signs in with this address, a link is on its way to it. It works once, within an hour. For 15 minutes no second link is sent. If nothing comes, check the address and the spam folder, or ask your studio."
    no_link "This link no longer works: it was used, has expired, or was replaced by a newer one. Ask your studio for a new invitation, or have a link to a new password sent."
    reset_about "The new password is for {email} at {studio}. You are signed out of {studio} everywhere."
    was_reset "You are signed out everywhere. Sign in with the new password."
    account_title "You are signed in"
    account_about "You are signed in as a member of:"
    to_the_sign_in "To the sign-in"
}
