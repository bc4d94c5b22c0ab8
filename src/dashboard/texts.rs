//! Every text of the dashboard in one place, so that another language is another value of one type. Taken by the pages and
//! their templates.

use crate::access::{call::Step, key::KeyKind, sessions::stored::Role};

macro_rules! texts {
    ($($name:ident $text:literal)*) => {
        /// The texts of the dashboard in one language.
        #[derive(Debug)]
        #[expect(missing_docs, reason = "each is the text that it names")]
        pub struct Texts { $(pub $name: &'static str),* }

        /// The texts in English.
        pub static TEXTS: Texts = Texts { $($name: $text),* };
    };
}

texts! {
    skip "Skip to the content"
    pages "Pages"
    api_keys "API keys"
    sign_in "Sign in"
    sign_out "Sign out"
    sign_in_title "Sign in to your studio"
    email "E-mail"
    password "Password"
    forgotten "Forgot your password? Ask the operator of your studio's gateway to reset it."
    not_encrypted "The connection to this page is not encrypted: others on the network can read what you type."
    no_cookie "Your browser did not keep the cookie that says who you are. Allow cookies for this site, then sign in again."
    wrong_password "This e-mail address and password do not belong together. Check both, and try again."
    too_many_attempts "Too many attempts. Try again in {minutes} min."
    switch_studio "Switch studio"
    owner "Owner"
    developer "Developer"
    viewer "Viewer"
    confirm_title "Type your password again"
    confirm_why "What you are about to do can let others into your studio's data, so we ask who you are. You are not asked again for ten minutes."
    continue_ "Continue"
    cancel "Cancel"
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
    publishable_hint "For websites. It reads what is public, and may stand in a page."
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
    days "{days} days: on {date}"
    create_key "Create key"
    key_made "The key is made"
    shown_once "This is the only time that the key is shown. Put it where your server keeps its secrets, and nowhere else."
    shown_again "A publishable key is no secret: it may stand in a page, and is shown here again."
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
    state_revoked_advice "It opens nothing any more. Make a new key if one is needed."
    state_expired "Expired"
    state_expired_advice "It opens nothing any more. Make a new key if one is needed."
    state_exposed "Exposed"
    state_exposed_advice "A browser sent this secret key, so others may have it. Revoke it, then make a new one."
    state_expires_soon "Expires soon"
    state_expires_soon_advice "Make its replacement before it expires, and deploy that."
    state_replaced "Being replaced"
    state_replaced_advice "Its replacement exists. Once nothing calls with this one any more, revoke it."
    state_never_used "Never used"
    state_never_used_advice "No call came with it yet."
    state_in_use "In use"
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
    rotate_intro "The old key keeps working until you revoke it. Making the replacement changes nothing for what uses the old key."
    step_make "Make the replacement. It has the same settings as the old key, and expires at the same time."
    step_deploy "Deploy the new key: put it in every place where the old key is."
    step_verify "Verify: wait until every job calls with the new key, and nothing calls with the old one."
    step_revoke "Revoke the old key. Until then it works."
    revoke_the_old "Revoke the old key"
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
    the_new_key "The new key was last used:"
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
    was_revoked "This key was revoked. Make a new key in its place."
    has_expired "This key has expired. Make a new key in its place."
    too_many_keys "This studio has {most} working keys, which is the limit. Revoke those that nothing uses any more, then make the key."
    too_many_entries "name at most {most}."
    more_than "more than"
    more_ended "Only the newest of them are shown."
    choose_kind "Choose a kind: secret or publishable."
    bad_rate "The rate limit is a whole number, from 1 to 100000."
    bad_lifetime "Choose when the key expires."
}

impl Texts {
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
