//! Every text of the mails to members, in their six languages. The compiler holds that none is missing in any. Those of the mails to
//! the staff stand in [`super::texts`].

mod french;
mod german;
mod italian;
mod portuguese;
mod spanish;

use crate::wire::{language::Language, translated::texts};

impl MemberMailTexts {
    /// The texts in this language.
    pub fn of(language: Language) -> &'static Self {
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

texts! { MemberMailTexts ENGLISH:
    language "en"
    hello "Hello,"
    hello_name "Hello {name},"
    until "The link is for you alone, and works once, until {until}."
    copy_link "If the button does not work, copy this address:"
    accept "Accept the invitation"
    not_expected "If you did not expect this, ignore this e-mail: you join only if you open the link and accept."
    invitation_subject "Your invitation to {studio}"
    invitation "{studio} has invited you to become a member."
    reset_subject "Set a new password for {studio}"
    reset "Somebody asked for a new password for {email}, your membership in {studio}."
    set_password "Set a new password"
    reset_not_you "If this was not you, ignore this e-mail. Your password has not changed."
    password_subject "Your password for {studio} was changed"
    password_changed "The password of {email} for your membership in {studio} was changed on {at}."
    password_by_you "If you changed it, or asked somebody to, there is nothing to do."
    password_not_you "If you did not, set a new password at once with “Forgot your password?” on the sign-in page, and tell the studio: somebody may have signed in as you."
    email_change_subject "Confirm your new e-mail address for {studio}"
    email_change "Somebody wants to sign in to their membership in {studio} with {email} from now on."
    confirm_email "Confirm the address"
    email_change_not_you "If this was not you, ignore this e-mail: nothing changes."
    email_changed_subject "Your e-mail address for {studio} was changed"
    email_changed "Your membership in {studio} no longer has the address {email}: it was changed on {at}. You sign in with the new one."
    email_changed_not_you "If this was not you, tell the studio at once: somebody may have signed in as you."
    class_ "Class"
    when_ "When"
    before "Before"
    now "Now"
    where_ "Where"
    reason "Reason"
    booked_subject "Booked: {class}, {when}"
    promoted_subject "You have a place: {class}, {when}"
    offered_subject "A place is free: {class}, {when}"
    moved_subject "Moved: {class}, from {before} to {when}"
    cancelled_subject "Cancelled: {class}, {when}"
    waiting_ended_subject "No longer waiting: {class}, {when}"
    booked "You have a place in “{class}” at {studio}."
    promoted "A place became free, and it is yours: you have a place in “{class}” at {studio}."
    offered "A place is free in “{class}” at {studio}, for which you wait."
    moved "{studio} has moved “{class}”. You keep your place."
    moved_waiting "{studio} has moved “{class}”, for which you wait."
    cancelled_by_you "You have cancelled your booking of “{class}” at {studio}."
    cancelled_with_class "“{class}” at {studio} does not take place, so your booking is cancelled."
    cancelled_with_membership "Your membership at {studio} does not include the day of “{class}” any more, so your booking is cancelled."
    cancelled_by_studio "{studio} has cancelled your booking of “{class}”."
    waiting_ended_with_class "“{class}” at {studio} does not take place, so you do not wait for a place any more."
    waiting_ended_with_membership "Your membership at {studio} does not include the day of “{class}” any more, so you do not wait for a place any more."
    waiting_ended_by_studio "{studio} has taken you off the waiting list of “{class}”."
    late "You cancelled later than the studio allows."
    take_it "To take it, book the class again before it begins. Until then, only those at the front of the waiting list can take it. If you do not want it, do nothing."
    cancel_otherwise "If you cannot come, cancel in time, so that somebody else can have your place."
    still_waits "You are still on the waiting list. We will write when you have a place."
}
