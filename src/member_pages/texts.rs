//! Every text of the pages for members and of the sign-in widget, in six languages. The compiler holds that none is missing in any.

mod french;
mod german;
mod italian;
mod portuguese;
mod spanish;

use std::ops::Deref;

use crate::wire::{language::Language, translated::texts};

/// The texts of the pages for members. A field is read in the language of the request that is being answered.
pub static MEMBER_TEXTS: MemberLanguages = MemberLanguages;

/// Gives the texts in the language of the request.
#[derive(Clone, Copy, Debug)]
pub struct MemberLanguages;

impl MemberLanguages {
    /// The texts in this language.
    pub fn of(self, language: Language) -> &'static MemberTexts {
        match language {
            Language::English => &ENGLISH,
            Language::German => &german::GERMAN,
            Language::French => &french::FRENCH,
            Language::Spanish => &spanish::SPANISH,
            Language::Italian => &italian::ITALIAN,
            Language::Portuguese => &portuguese::PORTUGUESE,
        }
    }
}

impl Deref for MemberLanguages {
    type Target = MemberTexts;

    fn deref(&self) -> &MemberTexts {
        self.of(Language::current())
    }
}

texts! { MemberTexts ENGLISH:
    language "en"
    sign_in "Sign in"
    sign_out "Sign out"
    sign_out_everywhere "Sign out everywhere"
    email "E-mail"
    password "Password"
    forgotten "Forgot your password?"
    not_encrypted "The connection to this page is not encrypted: others on the network can read what you type."
    no_cookie "Your browser did not keep the cookie that says who you are. Allow cookies for this site, then sign in again."
    wrong_password "This e-mail address and password do not belong together. Check both, and try again."
    too_many_attempts "Too many attempts. Try again in {minutes} minutes."
    continue_ "Continue"
    link_field "Link from the e-mail"
    link_hint "Paste the whole link that the e-mail contains."
    password_hint "At least 12 characters. A few unrelated words are a good password."
    repeat_password "Repeat the password"
    not_the_same "The two passwords are not the same. Type both again."
    invitation_title "Accept your invitation"
    accept_title "Become a member of {studio}"
    accept_about "You sign in with {email}. Choose a password for {studio}."
    accept "Accept the invitation"
    send_link "Send the link"
    forgotten_about "Type the address that you sign in with. We send a link that sets a new password; it works once, within an hour. If you are a member of several studios, you get one for each."
    was_asked_title "Check your mailbox"
    was_asked "If a member signs in with this address, a link is on its way to it. It works once, within an hour. For 15 minutes no second link is sent. If nothing comes, check the address and the spam folder, or ask your studio."
    no_link "This link no longer works: it was used, has expired, or was replaced by a newer one. Ask your studio for a new invitation, or have a link to a new password sent."
    reset_title "Set a new password"
    reset_about "The new password is for {email} at {studio}. You are signed out of {studio} everywhere."
    set_password "Set the password"
    was_reset_title "The password is set"
    was_reset "You are signed out everywhere. Sign in with the new password."
    account_title "You are signed in"
    account_about "You are signed in as a member of:"
    to_the_account "To your account"
    change_password "Change the password"
    change_password_about "Your password for {studio}, where you sign in with {email}. You are signed out everywhere else."
    current_password "Current password"
    wrong_current "This is not your current password. Check it, and try again."
    password_was_changed "You are signed out everywhere else."
    change_email "Change the e-mail address"
    change_email_about "You sign in to {studio} with {email}. We send a link to the new address; when you open it, the new address counts. It works once, within a day."
    new_email_hint "The new address."
    email_was_asked "If your studio can use this address, a link is on its way to it. It works once, within a day; until you open it, nothing changes. If nothing comes, check the address and the spam folder."
    confirm_email_title "Confirm your new e-mail address"
    email_was_changed_title "The e-mail address is changed"
    email_was_changed "Sign in with the new address from now on. We have told the one before."
    no_email_link "This link no longer works: it was used, has expired, or was replaced by a newer one, or the address can no longer be used. Ask for a new one on the page of your account."
    calendar "Private calendar"
    calendar_about "A link with which the calendar on your phone or computer shows your bookings at {studio}, and asks for them anew by itself. Whoever has the link reads your bookings without a password: give it to nobody."
    calendar_none "There is no link."
    calendar_since "There is a link, made on {at}. It is shown only when it is made. If you have lost it, or somebody else knows it, replace it: the link before then stops working at once."
    make_link "Make a link"
    replace_link "Replace the link"
    revoke_link "Revoke the link"
    link_made_title "Your calendar link"
    link_made "Copy it now: it is not shown again. If there was a link before, it no longer works."
    calendar_link "Link"
    calendar_link_hint "Add it in your calendar program as a subscription: “From URL” or “Subscribed calendar”."
    open_calendar "Open in the calendar of this device"
    link_revoked_title "The link is revoked"
    link_revoked "It no longer works. What calendar programs have read already may stay in them until you remove the calendar there."
    no_such_membership "You are not signed in with this membership."
    to_the_sign_in "To the sign-in"
    request "Request"
    error_forbidden "This is not allowed"
    error_not_found "There is nothing here"
    error_too_many "Too many requests"
    error_ours "Something went wrong"
    error_busy "Not available at this moment"
    error_other "This did not work"
    in_a_window "Sign in in a window"
    signed_in_as "Signed in as {email}"
    window_is_open "Continue in the window that has opened. If there is none, allow it in your browser, and press the button again."
    one_moment "One moment…"
    try_again "This did not work at the moment. Try again."
    no_origin "This page has no origin of its own (it is sandboxed, a file or a data: URL), so nobody can sign in here. Open the website itself."
    for_website "For the website {site}"
    window_about "You sign in at {studio}. The website learns that it is you, and never your password."
    window_known "You are signed in as {email}. Continue only if you have just come from this website."
    another_account "Use another account"
    window_done "Close this window, and continue on the website {site}."
    window_gone "This sign-in was finished, has expired, or was not begun on a website. Close this window, and press the button on the website again."
    window_not_member "You are signed in, but not as a member of {studio}. Use the account of that studio."
    key_missing "This address lacks the website’s key: /widget?pk=flow_pk_… Copy the whole key again."
    key_unknown "This website’s key is not known here, was revoked or has expired. The website needs another publishable key of its studio."
    key_without_origins "This website’s key names no website that may show the sign-in. Create a publishable key whose allowed origins name the website."
}
