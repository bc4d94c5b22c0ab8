//! Every text of the dashboard in one place, so that another language is another value of one type. Taken by the pages and
//! their templates; the pages for members have their own, made by the same macro.

mod german;

use std::ops::Deref;

use crate::{
    access::{call::Step, key::KeyKind, sessions::stored::Role},
    resources::{
        bookings::BookingStatus,
        content::{ContentAccess, ContentKind, ContentStatus},
        members::MembershipStatus,
    },
    wire::language::Language,
};

macro_rules! texts {
    ($texts:ident $english:ident: $($name:ident $text:literal)*) => {
        /// The texts in one language.
        #[derive(Debug)]
        #[expect(missing_docs, reason = "each is the text that it names")]
        pub struct $texts { $(pub $name: &'static str),* }

        static $english: $texts = $texts { $($name: $text),* };

        impl $texts {
            /// Every text with its name. The tests compare two languages with it.
            pub fn each(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
                vec![$((stringify!($name), self.$name)),*].into_iter()
            }
        }
    };
}
pub(crate) use texts;

/// Texts in each language. A field is read in the language of the request that is being answered.
#[derive(Debug)]
pub struct Translated<T: 'static> {
    /// In English.
    pub english: &'static T,
    /// In German.
    pub german: &'static T,
}

impl<T> Translated<T> {
    /// The texts in this language.
    pub fn of(&self, language: Language) -> &'static T {
        match language {
            Language::German => self.german,
            Language::English | Language::French | Language::Spanish | Language::Italian | Language::Portuguese => {
                self.english
            }
        }
    }
}

impl<T> Deref for Translated<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.of(Language::current())
    }
}

/// The texts of the dashboard.
pub static TEXTS: Translated<Texts> = Translated { english: &ENGLISH, german: &german::GERMAN };

texts! { Texts ENGLISH:
    language "en"
    date_time "%-d %b %Y, %H:%M"
    date "%-d %b %Y"
    date_hour "%-d %b %Y, %H:00"
    date_time_second "%-d %b %Y, %H:%M:%S"
    skip "Skip to the content"
    pages "Pages"
    api_keys "API keys"
    sign_in "Sign in"
    sign_out "Sign out"
    sign_in_title "Sign in to your studio"
    email "E-mail"
    password "Password"
    forgotten "Forgot your password?"
    not_encrypted "The connection to this page is not encrypted: others on the network can read what you type."
    no_cookie "Your browser did not keep the cookie that says who you are. Allow cookies for this site, then sign in again."
    wrong_password "This e-mail address and password do not belong together. Check both, and try again."
    too_many_attempts "Too many attempts. Try again in {minutes} minutes."
    switch_studio "Switch studio"
    owner "Owner"
    developer "Developer"
    viewer "Viewer"
    confirm_title "Type your password again"
    confirm_why "What you are about to do can let others into your studio's data, so we ask who you are. You are not asked again for ten minutes."
    form_waits "What you sent is kept on this page. Nothing was done with it yet."
    form_kept_title "Send your form now"
    form_kept "Your password is right. What you entered or chose before is kept, and nothing was done with it yet."
    send_it_now "Send it now"
    back_to_the_form "Back to the form"
    continue_ "Continue"
    cancel "Cancel"
    people "People"
    people_about "Who works with this dashboard. Keys belong to the studio: they keep working when somebody leaves."
    invite "Invite somebody"
    invite_title "Invite somebody to the staff"
    invite_again "Invite again"
    invite_about "They get an e-mail with a link that works once, within seven days."
    invite_again_about "{email} gets an e-mail with a new link. The earlier link no longer works."
    send_invitation "Send the invitation"
    role_ "Role"
    viewer_hint "Sees keys, activity, the timetable, members and content, and changes nothing."
    developer_hint "Also makes, replaces and revokes keys, writes and publishes content, and books, cancels and notes who came for members."
    owner_hint "Also invites people, changes their roles, ends their accounts, and changes the settings."
    since_ "Since"
    last_sign_in "Last sign-in"
    you "you"
    state_invited "Invited"
    state_active "Active"
    state_ended "Ended"
    ended_people "Ended accounts"
    change_role "Change role"
    change_role_title "Change the role of {email}"
    change_role_hint "The new role applies from their next request."
    end_account "End account"
    end_account_title "End the account of {email}"
    end_account_hint "They are signed out everywhere at once, and cannot sign in to this studio any more. The keys below keep working; replace them, since this person may have copies."
    keys_made "Keys that they made or were shown"
    keys_made_hint "These keys keep working. They may have copies of the keys that they saw: replace those to be sure."
    no_keys_made "They made no key that still works."
    to_the_people "Back to People"
    left "{who} (left)"
    no_such_person "Nobody on this studio's staff has this id."
    is_active "This person is on the staff already. Change their role instead."
    has_left "This account was ended. Invite the person again."
    last_owner "This is the only owner who can sign in. Make somebody else an owner first."
    too_many_people "This studio has {most} people on its staff, which is the limit. End accounts that nobody uses any more."
    too_many_people_ever "This studio has had {most} people, which is the limit; accounts that were ended count as well. Invite one of those again."
    too_many_mails "This studio sent too many e-mails, to this address or in all. Nothing was changed. Try again in {minutes} minutes."
    not_owner "Only an owner of this studio changes its people. Nothing was changed."
    choose_role "Choose a role."
    sessions "Your sessions"
    sessions_about "Where you are signed in. A session ends when it was not used for 12 hours, and 14 days after it began."
    this_session "this one"
    began "Began"
    end_session "End"
    sign_out_everywhere "Sign out everywhere"
    no_such_session "You have no such session. It may have ended already."
    second_factor "Second factor"
    second_factor_about "A second factor is a code from an app on your phone, which every sign-in asks for after the password. Who only has your password cannot sign in."
    second_factor_everywhere "It counts in every studio that your address signs in to."
    second_factor_is_on "On since {at}. Every sign-in asks for a code of your app after the password."
    second_factor_is_off "Off. Your password alone signs in."
    second_factor_must "This studio requires a second factor. Turn it on to continue."
    second_factor_stays_required "This studio requires a second factor: without one you reach nothing but the page that turns it on."
    codes_left "Recovery codes left: {codes}."
    few_codes_left "Make new ones before you run out: without your device they are the only way in."
    turn_on "Turn on"
    turn_on_title "Turn on your second factor"
    turn_on_scan "Scan this code with an authenticator app, such as Aegis, 2FAS, Google Authenticator or the password manager that you use."
    turn_on_confirm "Type the code that the app shows. It counts once, and changes every 30 seconds."
    turn_on_ends "Your other sessions are ended."
    qr_code "QR code for your authenticator app"
    secret_as_text "Or type this secret into the app:"
    new_offer "The secret that this page showed before is no longer good. Scan the code below, and remove the earlier entry from your app."
    turn_off "Turn off"
    turn_off_title "Turn off your second factor"
    turn_off_hint "From then on your password alone signs in, in every studio that your address signs in to. Your recovery codes no longer work."
    new_codes "New recovery codes"
    new_codes_hint "You get ten new recovery codes. Those that you have now no longer work."
    make_codes "Make new codes"
    recovery_codes "Recovery codes"
    recovery_codes_about "Each lets you in once without your device. This is the only time that they are shown: keep them where you find them without your phone, such as on paper or in a password manager."
    selected_codes "Your browser does not copy here. The codes are selected: copy them by hand."
    stored_codes "I have stored them"
    code "Code"
    code_hint "The six digits that your authenticator app shows."
    recovery_code "Recovery code"
    lost_device "Your device is not at hand?"
    recovery_code_hint "Type one of your recovery codes instead. It works once. If you have lost these as well, tell who runs this server."
    code_title "Type your code"
    other_password "Your address has another password in another studio. Give all of them one password first: sign out, then choose “Forgot your password?”."
    wrong_code "This code is not right, or was used before. Wait for the next one that your app shows, and type that. The clock of your phone must be right."
    late_code "The code was not typed within ten minutes. Sign in again."
    wrong_password_or_code "The password or the code is not right, or the code was used before. Check the password, and type the next code that your app shows."
    confirm_with_code "Type your password and a code again"
    unreadable_codes "This server cannot check codes of apps at the moment: its signing secret is missing or has changed. Use a recovery code, or tell who runs this server."
    no_signing_secret "A second factor cannot be turned on: this server has no signing secret. Tell who runs it; its log says what is missing."
    second_factor_on "on"
    second_factor_off "off"
    required_title "Second factor for everybody"
    required_about "Who has no second factor is led to the page that turns it on, from their next request on, and reaches nothing else until then. Nobody is signed out."
    required_now "Required of everybody on the staff."
    not_required_now "Not required."
    people_without "People without one: {people}."
    change_requirement "Change"
    require_it "Require it"
    require_no_more "Stop requiring it"
    own_second_factor_first "Turn on your own second factor first, so that you do not lock yourself out."
    choose_requirement "Choose whether a second factor is required."
    invitation_title "Accept your invitation"
    link_field "Link from the e-mail"
    link_hint "Paste the whole link that the e-mail contains."
    no_link "This link no longer works: it was used, has expired, or was replaced by a newer one. Ask for a new one."
    join_title "Join {studio}"
    join_with_password "You join with {email}, as: {role}. Choose a password to sign in with."
    join_with_account "You join with {email}, as: {role}. You have an account with this address already: type its password."
    join "Join"
    password_hint "At least 12 characters. A few unrelated words are a good password."
    forgotten_title "Forgot your password?"
    forgotten_about "Type the address that you sign in with. We send a link that sets a new password; it works once, within an hour."
    send_link "Send the link"
    was_asked_title "Check your mailbox"
    was_asked "If somebody signs in with this address, a link is on its way to it. It works once, within an hour. For 15 minutes no second link is sent. If nothing comes, check the address and the spam folder, or ask an owner of your studio."
    reset_title "Set a new password"
    reset_about "The new password is for {email}, in every studio that this address signs in to. You are signed out everywhere."
    set_password "Set the password"
    was_reset_title "The password is set"
    was_reset "Every session was ended. Sign in with the new password."
    to_the_sign_in "To the sign-in"
    back "Back to the key"
    error_forbidden "This is not allowed"
    error_not_found "There is nothing here"
    error_too_many "Too many requests"
    error_ours "Something went wrong"
    error_busy "Not available at this moment"
    error_other "This did not work"
    request "Request"
    to_the_keys "To the API keys"
    new_key "New key"
    no_keys "There are no keys yet. A key lets a website or a server call your studio's API."
    ended_keys "Expired and revoked keys"
    name "Name"
    name_hint "Where the key is used, such as “Timetable screen”. Names need not be unique."
    kind "Kind"
    key "Key"
    secret "Secret"
    secret_hint "For your own servers. It does what its scopes allow, and nothing else."
    publishable "Publishable"
    publishable_hint "For websites. It reads public data, and may be in the code of a page."
    scopes "Scopes"
    scopes_hint "For a secret key: as few as its job needs. A write scope does not include read."
    used_by "Used by"
    used_by_hint "The integration or vendor that uses it."
    origins "Allowed origins"
    origins_hint "For a publishable key: the websites that may use it, one a line, such as https://studio.example. Empty: any."
    networks "Allowed networks"
    networks_hint "For a secret key: the networks or addresses that may use it, one a line, such as 203.0.113.0/24. Empty: any."
    rate_limit "Rate limit"
    rate_limit_hint "Requests a second; bursts are twice that. For a publishable key, of each visitor's network."
    expires "Expires"
    never "Never"
    choose_lifetime "Choose …"
    not_chosen "not chosen"
    days "{days} days: on {date}"
    start_from_job "Start from a job"
    job_website "Website"
    job_website_about "A publishable key, which reads public data and may be in the code of a page."
    job_timetable_screen "Timetable screen"
    job_timetable_screen_about "A publishable key: the timetable is public, and a screen is a browser."
    job_accounting_export "Accounting export"
    job_accounting_export_about "Reads members, plans and coupons."
    job_front_desk "Front desk check-in"
    job_front_desk_about "Reads members and the schedule."
    job_read_only "Everything, read only"
    job_read_only_about "Reads everything, also personal data, and changes nothing."
    start_from_calls "Start from the calls that the key is for"
    calls "Calls"
    calls_hint "Lines such as GET /v1/classes, an access log of nginx, Apache or Caddy, JSON Lines, or a HAR file: at most 250 KiB. They are read once, and neither stored nor shown again."
    calls_read "Find the smallest key"
    calls_found "Calls found: {calls}. Operations: {operations}. Scopes that they need: {scopes}. The form below is filled in with them."
    calls_found_publishable "Calls found: {calls}. Operations: {operations}. A publishable key can make them; it has no scopes."
    calls_none "No call of this API was found in what you pasted."
    calls_of_other_kind "These operations take a publishable key of their own: {operations}."
    calls_unknown "Line {line}, {reason}: {text}"
    calls_unknown_title "Lines that were not used"
    calls_more_unknown "And {lines} more."
    by_hand "The key"
    review "Review"
    key_summary "Check the key"
    key_summary_about "The key has not been made yet. This is what it will be allowed to do."
    why "Why"
    why_job "For “{job}”: {meaning}"
    why_chosen "Chosen by you: {meaning}"
    any_network "The key works from any network. If its server has a fixed address, name it as an allowed network."
    any_origin "Any website may use the key. Name yours as allowed origins, so that no other can."
    never_expires "The key never expires. It works until somebody revokes it."
    expiry_not_chosen "You have not chosen when the key expires. If you create it now, it never expires and works until somebody revokes it."
    public_data "It reads what the studio has made public, and nothing else."
    change_it "Change it"
    create_key "Create key"
    key_made "The key is made"
    shown_once "This is the only time that the key is shown. Put it where your server keeps its secrets, and nowhere else."
    shown_again "A publishable key is not secret: it may be in the code of a page, and is shown here again."
    key_id "Its id is"
    stored_it "I have stored it"
    copy "Copy"
    copied "Copied."
    selected "Your browser does not copy here. The key is selected: copy it by hand."
    last_used "Last used"
    never_used "never"
    use_not_known "not known"
    at_from "{at} from {network}"
    state "State"
    created "Created"
    created_by "{at} by {who}"
    revoked "Revoked"
    any "any"
    none "none"
    rate "{rate} requests a second"
    state_revoked "Revoked"
    state_revoked_advice "It no longer works. Make a new key if one is needed."
    state_expired "Expired"
    state_expired_advice "It no longer works. Make a new key if one is needed."
    state_exposed "Exposed"
    state_exposed_advice "A browser sent this secret key, so others may have it. Revoke it, then make a new one."
    exposed_title "Where it was exposed"
    exposed_by_page "A page of {origin} sent it to the {surface} surface."
    exposed_to_github "Public: {origin}"
    exposed_by_report "Somebody in the network {network} reported it."
    key_exposed "The secret key “{name}” was exposed, and still works. Revoke it first, then make a new one."
    more_keys_exposed "More exposed keys still work."
    exposed_place "Where"
    first_seen "First seen"
    last_seen "Last seen"
    times "Times"
    see_key "See the key"
    more_keys_expire "More keys expire within 14 days."
    key_expires "The key “{name}” expires on {at}."
    state_expires_soon "Expires soon"
    state_expires_soon_advice "Make its replacement before it expires, and deploy it."
    state_unused_scopes "Unused scopes"
    state_unused_scopes_advice "It may do more than its calls need."
    state_still_called "Still called"
    state_still_called_advice "It no longer works, but somebody still calls with it. Give them the key that replaces it."
    unused_scopes "No call in the last {days} days needed: {scopes}. “Narrow” removes these scopes; all others stay."
    finding_is_over "These scopes are no longer unused, or were put aside: {scopes}. Nothing was changed. Look again."
    put_aside "Put aside"
    put_aside_instead "Keep these scopes"
    put_aside_hint "The finding is put aside with your reason. It comes back when a call needs the scope and it is unused again later, or when somebody takes this back."
    put_aside_title "Findings put aside"
    put_aside_by "{at} by {who}"
    take_back "Take back"
    choose_scopes "Choose at least one scope."
    scope_unused "Not used in the last 30 days."
    narrow "Narrow"
    narrow_link "Choose what it keeps"
    narrow_about "Remove what the key does not need. What is removed cannot be added to this key again."
    state_replaced "Being replaced"
    state_replaced_advice "Its replacement exists. Once nothing calls with this one any more, revoke it."
    state_never_used "Never used"
    state_never_used_advice "No call came with it yet."
    state_in_use "In use"
    make_one_like_this "Make one like this"
    to_the_replacement "Its replacement"
    to_the_replaced "The key that it replaces"
    rotate "Replace"
    rotate_title "Replace"
    revoke "Revoke"
    revoke_title "Revoke"
    revoke_hint "The key stops working at once. This cannot be undone."
    reason "Reason"
    used_recently "This key was used in the last hour. What uses it will stop working."
    revoke_anyway "Revoke it anyway"
    say_revoke "The key was used in the last hour. Tick the box to revoke it anyway."
    rotate_intro "The old key keeps working until you revoke it, unless you choose below that it ends by itself. Making the replacement changes nothing for what uses the old key."
    step_make_title "Make the replacement"
    step_deploy_title "Deploy"
    step_verify_title "Verify"
    step_revoke_title "Revoke"
    traffic "Calls with both keys"
    old_key "Old key"
    new_key_row "New key"
    last_hour "Last hour"
    last_day "Last day"
    hour_of_day "%H:%M"
    day_hours "24 hours"
    day_quiet "No call in 24 hours."
    day_quiet_brief "none"
    day_unknown "Whether it was called in the last 24 hours is not known."
    day_one "1 call in 24 hours, in the hour from {hour}."
    day_one_refused "1 call in 24 hours, in the hour from {hour}; it was refused."
    day_all "{calls} calls in 24 hours, all in the hour from {hour}."
    day_calls "{calls} calls in 24 hours; most ({most}) in the hour from {hour}."
    day_some_refused "{calls} calls in 24 hours, {refused} of them refused; most ({most}) in the hour from {hour}."
    day_brief_refused "{calls}, {refused} refused"
    refused_in_a_day "Refused, last day"
    called_from "Called from"
    called_by_nobody "Nothing called with this key in the last day."
    called_lately "Called with this key: {hour} in the last hour, {day} in the last day, from {networks}."
    still_calling "Still calling: {hour} in the last hour, {day} in the last day, from {networks}. All are refused."
    step_make "It has the same settings as the old key, and the same expiry."
    step_deploy "Put the new key in every place where the old key is."
    step_verify "Wait until every job calls with the new key, and nothing calls with the old one."
    step_revoke "Revoke the old key. Until then it works."
    revoke_the_old "Revoke the old key"
    step_done "Done"
    end_of_old "The old key"
    end_never "Works until somebody revokes it"
    end_after "Ends {days} after the new key is first used"
    end_after_now "Ends {days} from now, on {date}"
    end_chosen "The old key ends {days} after the new key is first used. Nothing was called with the new key yet."
    end_in_a_moment "The new key is in use, so the old key ends {days} from now. The date stands here within a minute."
    end_set "The old key ends on {date}. Somebody chose that for this rotation, and it can be cancelled until then."
    end_it_by_itself "Or have it end by itself"
    end_choose "Choose"
    end_cancel "Cancel this end"
    one_day "1 day"
    some_days "{number} days"
    old_has_ended "The old key has ended. This rotation is complete."
    activity "Activity"
    activity_about "Every call that came with one of your keys, admitted or refused: the latest of the last 30 days. Open a call to see why it was refused."
    activity_dropped "{calls} calls of the last 30 days are not listed: more came at once than are recorded one by one. A key's usage counts them all."
    audit "Audit"
    audit_about "Who changed keys, people and settings, and what. Entries are never changed or deleted."
    download "Download as JSON Lines"
    filters "Filters"
    all "All"
    outcome "Outcome"
    admitted "admitted"
    refused "refused"
    error_code "Error code"
    operation "Operation"
    no_operation "no operation"
    since "From"
    until "Until"
    show "Show"
    no_filters "Clear the filters"
    bad_filter "“{label}” is not valid. Choose it again."
    load_latest "Load the latest calls"
    calls_came "New calls since {time}: {calls}."
    no_calls_came "Waiting for calls since {time}."
    pause "Pause"
    resume "Resume"
    paused "Paused. New calls: {calls}."
    no_calls "No call came with a key yet."
    no_such_calls "No call matches these filters."
    no_such_call "There is no such call. Calls are kept for 30 days, and only the latest 50,000 of publishable keys and of secret keys."
    no_rows "No change has been recorded yet."
    no_such_rows "No entry matches these filters."
    at "When"
    result "Result"
    call "Call"
    from "Network"
    from_network "from"
    took "Took"
    surface "Surface"
    paging "Pages of this list"
    newest "To the newest"
    older "Older"
    who "Who"
    command_line "command line"
    action "Action"
    subject "Changed"
    subject_id "Id of what was changed"
    its_history "its history"
    change "Change"
    why_refused "Why it was refused"
    what_it_means "What the answer means"
    it_was_admitted "The call was admitted and answered."
    step "Step"
    what_it_checks "What it checks"
    step_passed "passed"
    step_not_reached "not reached"
    calls_of_this_key "All calls with this key"
    to_the_activity "Back to Activity"
    check_credential "One key came, in the header, and none in the URL."
    check_form "The key is whole: its form and its checksum are right."
    check_browser "No secret key came from a browser."
    check_surface "The kind of key belongs to this surface."
    check_stored "The key exists, and is neither revoked nor expired."
    check_bounds "The key allows the page's origin, or the client's network."
    check_rate "The key's rate is not used up."
    check_operation "There is an operation with this path and method."
    check_scope "The key has the operation's scope."
    terms_scopes "The operation needs the scope {needed}. The key has: {held}."
    terms_origins "The key allows these origins: {origins}."
    terms_networks "The call came from {network}. The key allows these networks: {networks}."
    terms_revoked "The key was revoked on {at}."
    terms_expired "The key expired on {at}."
    terms_rate "The key allows {rate} requests a second, and bursts of twice that."
    make_replacement "Make the replacement"
    made_already "The replacement:"
    the_old_key "The old key was last used:"
    taken_over "The new key has served {covered} of {all} operations and {networks} of {all_networks} networks that the old key served in the last 30 days."
    served_nothing "The old key served no call in the last 30 days."
    not_taken_over "Not yet with the new key: {operation}, which the old key served last on {at}."
    refused_to_new "Calls of the new key that were refused: {operation}, {code}, {calls}."
    called "Calls of the old key: {pattern}."
    next_call_at "Its next call is expected on {at}."
    next_call_by "Its next call is expected by {at}."
    under_way "This key already has a replacement, so no second one was made. Deploy the replacement below, or revoke it and make another."
    sent_before "This form was sent before, and its key was made then. A key is shown once: if nobody has stored it, revoke it and make another."
    another_studio "This form was opened by another account, or for another studio than the one that you work for now. Open it again."
    no_such_key "This studio has no such key."
    key_elsewhere_title "This key is in another studio"
    key_elsewhere "The key belongs to {there}, and this page shows {here}."
    switch_to "Switch to"
    was_revoked "This key was revoked. Make a new key in its place."
    still_works "This key still works. Make its replacement, which has the same settings."
    never_widened "A key is never widened. Make a new key with what it needs."
    has_expired "This key has expired. Make a new key in its place."
    too_many_keys "This studio has {most} working keys, which is the limit. Revoke those that nothing uses any more, then make the key."
    too_many_entries "name at most {most}."
    more_than "more than"
    more_ended "Only the newest of them are shown."
    choose_kind "Choose a kind: secret or publishable."
    bad_rate "The rate limit is a whole number, from 1 to 100000."
    bad_lifetime "Choose when the key expires."
    timetable "Timetable"
    timetable_about "What takes place, as your websites and keys see it. The times are those of {zone}."
    weeks "Weeks"
    week_of "Week of {day}"
    choose_week "Week with the day"
    this_week "This week"
    previous_week "Previous week"
    next_week "Next week"
    later_that_week "Later that week"
    today "today"
    time "Time"
    time_there "{time} in {zone}"
    class_ "Class"
    instructor "Instructor"
    place "Place"
    booked "Booked"
    booked_of "{booked} of {most}"
    full "full"
    cancelled "Cancelled"
    no_classes "Nothing takes place."
    bad_week "Choose a day from 1900 to 2199. This week is shown."
    bad_place "This link does not fit this week. The week is shown from its start."
    long_day "%A, %-d %B %Y"
    who_takes_part "Who takes part"
    nobody_booked "Nobody has booked yet."
    booked_at "Booked on"
    places_left "Places left"
    no_limit "no limit"
    when_ "When"
    waiting_list "Waiting list"
    nobody_waits "Nobody waits."
    position "Position"
    waits_since "Waits since"
    place_offered "Offered a place on {at}"
    place_is_free "A place is free"
    give_the_place "Give the place"
    take_off_list "Take off the list"
    attended "Attended"
    no_show "No-show"
    cancelled_bookings "Cancelled bookings"
    cancelled_at "Cancelled on"
    how "How"
    cancelled_late "Cancelled late"
    cancelled_late_by_member "By the member, late"
    cancelled_by_member "By the member, in time"
    cancelled_by_staff "By the staff"
    cancelled_by_class "The class was cancelled"
    cancelled_by_membership "The membership ended or was paused"
    more_cancelled "Only the last of them are shown."
    book_a_member "Book a member"
    search "Search"
    bookable_members "Members who match"
    book_ "Book"
    add_to_list "Add to the waiting list"
    list_hint "The class is full. Who is added to the waiting list gets a place in turn."
    has_a_place "Has a place"
    waits "Waits for a place"
    more_found "More members match. Type more of the name."
    was_booked "Booked: the member has a place."
    was_put_on_list "The member is on the waiting list."
    was_cancelled "The booking was cancelled."
    waits_already "This member is on the waiting list already, and gets a place in turn."
    is_full_now "No place is left. You can add the member to the waiting list."
    nobody_is_booked_cancelled "This class was cancelled, so nobody can be booked."
    nobody_is_booked_over "This class has ended, so nobody can be booked any more."
    membership_not_active "This membership is not active on the day of the class, so nothing was booked."
    has_begun "The class has begun, so the booking cannot be cancelled any more. Note who came instead."
    too_early "It is too early for this. Who came can be noted from an hour before the start, and who did not come once the class has begun."
    cancel_booking "Cancel the booking"
    cancel_booking_title "Cancel the booking of {name}?"
    take_off_list_title "Take {name} off the waiting list?"
    would_be_late "If the member cancelled now, it would be a late cancellation. Cancelled by you, it does not count as late."
    is_in_time "It is early enough: this is no late cancellation."
    place_goes_on "The place goes to the first of the waiting list, if somebody waits."
    leaves_list "They lose their position. Added again, they are last."
    keep_booking "Change nothing"
    to_the_timetable "To the week"
    bookings "Bookings"
    no_bookings "No bookings yet."
    members "Members"
    members_about "The members as your keys see them. They are changed by the API."
    search_members "Name or e-mail"
    search_content "Words of the title"
    status "Status"
    plan "Plan"
    member_since "Member since"
    member_until "Until"
    membership_ends "Last day"
    cancelled_on "Cancelled, last day"
    cancel_reason "Reason"
    phone "Phone"
    tags "Tags"
    tags_hint "One a line."
    marketing_consent "Agreed to receive offers"
    yes "yes"
    no "no"
    external_id "Id in your other systems"
    id "Id"
    changed "Changed"
    erased_member "Erased person"
    state_paused "Paused"
    member_hint "The day of birth, notes and metadata are not shown here. A secret key with members:read reads them."
    to_the_members "To the members"
    no_members "There are no members yet. They are invited by the API, or come with an import."
    no_such_members "No member matches this search."
    bad_search "This search is not valid: it has at most 8 words of at most 64 characters, and a link to a page belongs to its search. Change it."
    first_page "First page"
    next_page "Next page"
    content "Content"
    content_about "What clients watch, hear and read at any time. Websites show what is published and for everyone."
    new_content "New content"
    no_content "There is no content yet."
    no_such_content "No content matches this search."
    content_title "Title"
    content_draft "Draft"
    content_published "Published"
    content_archived "Archived"
    content_scheduled "Published later"
    content_video "Video"
    content_audio "Audio"
    content_article "Article"
    content_playlist "Playlist"
    content_description_hint "What clients read about it. For an article it may be the whole text."
    access "Access"
    access_public "Everyone"
    access_plans "Members with one of the plans"
    access_hint "Websites show only content for everyone."
    plans "Plans"
    plans_hint "At least one, if it is for members with one of the plans."
    program "Program"
    description "Description"
    media "Media"
    media_url "Address of the media"
    media_url_hint "Such as https://media.studio.example/neck.mp4. Public only if everyone has access."
    thumbnail_url "Address of a picture"
    duration_seconds "Length in seconds"
    who_may_use_it "Who may use it, and from when"
    published_at "Published"
    published_at_hint "From when it is shown once it is published, by the studio's clocks. Empty: from its first publication."
    edit "Edit"
    edit_title "Edit “{title}”"
    save "Save"
    publish "Publish"
    unpublish "Unpublish"
    archive "Archive"
    to_the_content "To the content"
    look_again "Somebody changed this while you were looking at it. It is shown as it is now, and nothing was changed by you. Look at it again."
    changed_meanwhile "Somebody changed this while you were editing it. Nothing of yours is lost: it is below, with what they saved beside it. Save again to keep yours, or type theirs."
    saved_meanwhile "Saved meanwhile:"
    nothing "nothing"
    form_has_faults "Nothing was saved yet. Please correct this:"
    settings "Settings"
    settings_about "What clients see of the studio, and what its classes and prices go by."
    was_saved "Saved."
    profile "Profile"
    studio_name_hint "The name that clients see."
    slug "Short name"
    slug_hint "In URLs and on the command line: lower-case letters, digits and hyphens."
    logo_url "Address of the logo"
    time_and_money "Time, money and language"
    time_zone "Time zone"
    time_zone_hint "An IANA name, such as Europe/Lisbon. Classes keep their local times: their coming dates follow the new zone."
    currency "Currency"
    currency_hint "An ISO 4217 code, such as EUR."
    locale "Language"
    locale_hint "The language in which the studio writes to its clients, such as pt-PT."
    contact "Contact"
    address "Postal address"
    address_line1 "Street and number"
    address_line2 "Floor, entrance, building"
    postal_code "Postal code"
    city "City"
    region "State or region"
    country "Country"
    country_hint "Two letters, such as PT."
    links "Links"
    studio_link_hint "Empty: the link is removed."
    new_link_name "Name of a new link"
    new_link_hint "Such as instagram."
    new_link_address "Its address"
    policies "Policies"
    policy_cancellation "Cancellation"
    policy_late "Late cancellation, in minutes"
    policy_late_hint "A booking cancelled less than this before the start counts as a late cancellation."
    policy_no_show "No-show"
    policy_waiver "Waiver"
    policy_privacy "Privacy"
    policy_terms "Terms"
    keyboard "Keyboard"
    keyboard_about "These keys work on every page, while no field has the focus."
    keyboard_needs_script "Your browser runs no scripts here, so these keys do nothing. Every link and button can be reached with Tab."
    keyboard_on "Turn the keys on"
    keyboard_off "Turn the keys off"
    keyboard_this "This page"
    keyboard_search "The search or the filters of a page"
    keyboard_next "The next page of a list"
    vendors "Who uses your keys"
    vendors_about "The vendors and integrations that keys name as “Used by”. One that you end loses its keys and stays in this list."
    no_vendors "No key says who uses it."
    end_vendor "End this vendor"
    end_vendor_about "Its keys are revoked at once. The name stays in the list of who uses keys, with who ended it and when."
    no_working_keys "None of its keys works."
    vendor_used_recently "A key of this vendor was used in the last hour. What uses it will stop working."
    end_vendor_anyway "End it anyway"
    say_end_vendor "A key of this vendor was used in the last hour. Tick the box to end it anyway."
    vendor_was_ended "{name} was ended"
    no_such_vendor "No key of this studio names this vendor."
    vendor_ended_by "on {at} by {who}"
    vendor_without_keys "No key works"
    working_keys "Working keys"
    ended_key_count "Ended keys"
}

impl Texts {
    /// The word of a membership's status.
    pub fn membership(&self, status: MembershipStatus) -> &'static str {
        match status {
            MembershipStatus::Invited => self.state_invited,
            MembershipStatus::Active => self.state_active,
            MembershipStatus::Paused => self.state_paused,
            MembershipStatus::Cancelled => self.cancelled,
            MembershipStatus::Expired => self.state_expired,
        }
    }

    /// The word of what has become of a booking.
    pub fn booking_status(&self, status: BookingStatus) -> &'static str {
        match status {
            BookingStatus::Booked => self.booked,
            BookingStatus::Waiting => self.waits,
            BookingStatus::Cancelled => self.cancelled,
            BookingStatus::LateCancelled => self.cancelled_late,
            BookingStatus::Attended => self.attended,
            BookingStatus::NoShow => self.no_show,
        }
    }

    /// The word of a status of content.
    pub fn content_status(&self, status: ContentStatus) -> &'static str {
        match status {
            ContentStatus::Draft => self.content_draft,
            ContentStatus::Published => self.content_published,
            ContentStatus::Archived => self.content_archived,
        }
    }

    /// The word of a kind of content.
    pub fn content_kind(&self, kind: ContentKind) -> &'static str {
        match kind {
            ContentKind::Video => self.content_video,
            ContentKind::Audio => self.content_audio,
            ContentKind::Article => self.content_article,
            ContentKind::Playlist => self.content_playlist,
        }
    }

    /// Who may use content with this access.
    pub fn content_access(&self, access: ContentAccess) -> &'static str {
        match access {
            ContentAccess::Public => self.access_public,
            ContentAccess::Members => self.members,
            ContentAccess::Plans => self.access_plans,
        }
    }

    /// A role's name.
    pub fn role(&self, role: Role) -> &'static str {
        match role {
            Role::Owner => self.owner,
            Role::Developer => self.developer,
            Role::Viewer => self.viewer,
        }
    }

    /// What a step of authorization checks.
    pub fn step(&self, step: Step) -> &'static str {
        match step {
            Step::Credential => self.check_credential,
            Step::Form => self.check_form,
            Step::Browser => self.check_browser,
            Step::Surface => self.check_surface,
            Step::Stored => self.check_stored,
            Step::Bounds => self.check_bounds,
            Step::Rate => self.check_rate,
            Step::Operation => self.check_operation,
            Step::Scope => self.check_scope,
        }
    }

    /// A kind's name.
    pub fn kind_of(&self, kind: KeyKind) -> &'static str {
        match kind {
            KeyKind::Secret => self.secret,
            KeyKind::Publishable => self.publishable,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn places(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0)).collect()
    }

    #[test]
    fn a_text_has_the_same_places_for_values_in_each_language() {
        for ((name, english), (_, german)) in TEXTS.english.each().zip(TEXTS.german.each()) {
            assert_eq!(places(english), places(german), "{name}");
            assert!(!german.is_empty(), "{name}");
        }
    }
}
