//! Nothing on a German page is English: neither what the page says, nor what a rule says of a field, nor what an error says.

use std::collections::BTreeMap;

use flow_gateway::{
    access::{
        scope::Scope::{ClassesRead, MembersWrite},
        sessions::stored::Role,
        surface::Surface,
    },
    dashboard::rules,
};
use serde_json::json;

use crate::{
    resources::classes::{House, weekly},
    support::{
        dashboard::{Browser, PASSWORD},
        made,
        studio::{Studio, publishable, secret},
        translated::{Form, forms, untranslated},
    },
};

/// What the rows of the studio are called: they are the same in every language.
const NAMES: [&str; 6] =
    ["Test Studio", "a server", "a website", "Neck and shoulders", "Rui Costa", "Timetable screen"];
/// What is no page: event streams and downloads.
const NO_PAGES: [&str; 2] = ["/live", "/download"];
/// Forms that end the session which sends them, or of people who are not signed in, for whom passwords are counted.
const NOT_SENT: [&str; 4] = ["/studio/sign-out", "/studio/sessions/end", "/studio/sign-in", "/studio/switch"];

/// What is typed into every field of a form at once: each breaks other rules.
fn wrong() -> [String; 9] {
    [
        String::new(),
        " ".to_owned(),
        "x".repeat(2100),
        "a\u{7}b".to_owned(),
        "\u{200b}".to_owned(),
        "-1".to_owned(),
        "99999999999999".to_owned(),
        "https://u:p@x.example/%zz".to_owned(),
        format!("https://x.example/{}", "ä".repeat(400)),
    ]
}

/// A studio with something on every page.
async fn lived_in() -> (Studio, BTreeMap<&'static str, String>) {
    let studio = Studio::on_sqlite().await;
    let key = studio.key(secret(&[ClassesRead])).await;
    studio.record_calls(&key, 3, Surface::Management);
    studio.key(publishable()).await;
    let house = House::of(&studio).await;
    house.class(weekly("monday", "09:00")).await;
    let server = studio.server(&[MembersWrite]).await;
    server.get("/v1/members").await.is_problem(403, "insufficient_scope");
    studio.app.access.usage.write(&studio.app.db).await.expect("written");
    let rui = json!({"email": "rui@member.example", "first_name": "Rui", "last_name": "Costa"});
    let member = server.post("/v1/members/invites", rui).await.expect(201);
    let content = made::content(&studio, studio.id, json!({"title": "Neck and shoulders", "kind": "article"})).await;
    let staff = studio.add_staff(studio.id, "bea@casa.example", Role::Viewer).await;
    let ids = BTreeMap::from([
        ("{keyId}", key.stored.id.to_string()),
        ("{staffId}", staff.to_string()),
        ("{membershipId}", member["id"].as_str().expect("an id").to_owned()),
        ("{contentId}", content.expect("content")["id"].as_str().expect("an id").to_owned()),
    ]);
    (studio, ids)
}

/// The same form in both languages, with a wrong value in each field that is not hidden.
async fn sent_in_both([english, german]: [&Browser; 2], form: &Form, typed: &str) -> Option<[String; 2]> {
    let fields: Vec<_> =
        form.fields.iter().map(|(name, hidden)| (name.as_str(), hidden.as_deref().unwrap_or(typed))).collect();
    let mut pages = Vec::new();
    for browser in [english, german] {
        let reply = browser.send(&form.action, &fields).await;
        if reply.status == 303 {
            return None;
        }
        assert!(!reply.status.is_server_error(), "{form:?} with {typed:?}: {reply:?}");
        pages.push(reply.html());
    }
    pages.try_into().ok()
}

#[tokio::test]
async fn no_german_page_says_anything_in_english_also_with_a_fault_in_each_field() {
    let (studio, mut ids) = lived_in().await;
    let english = studio.signed_in(Role::Owner).await;
    let german = english.with("accept-language", "de");
    let call = english.open("/studio/activity").await.between("<a href=\"/studio/activity/call_", "\"");
    ids.insert("{callId}", format!("call_{call}"));
    let mut found = Vec::new();
    let mut compare = |at: &str, [english, german]: [&str; 2]| {
        let same = untranslated(english, german);
        found.extend(
            same.into_iter().filter(|text| !NAMES.contains(&text.as_str())).map(|text| format!("{at}: {text}")),
        );
    };
    let mut all = Vec::new();
    let paths = rules()
        .into_iter()
        .filter(|rule| rule.method == "GET")
        .map(|rule| ids.iter().fold(rule.path.to_owned(), |path, (place, id)| path.replace(place, id)));
    let more = [
        "/studio/nowhere",
        "/studio/api-keys/key_x",
        "/studio/content/cnt_x",
        "/studio/people/usr_x",
        "/studio/timetable?week=x",
        "/studio/activity?outcome=x&since=x",
        "/studio/members?q=x&cursor=x",
        "/studio/audit?since=x",
    ];
    for path in paths.chain(more.map(str::to_owned)).filter(|path| !NO_PAGES.iter().any(|end| path.ends_with(end))) {
        let pages = [english.open(&path).await, german.open(&path).await];
        if pages.iter().any(|page| page.status == 303) {
            continue;
        }
        let [of_english, of_german] = pages.map(|page| page.html());
        compare(&path, [&of_english, &of_german]);
        all.extend(forms(&of_english));
    }
    all.sort_by(|one, other| one.action.cmp(&other.action));
    all.dedup_by(|one, other| one.action == other.action && one.fields.len() == other.fields.len());
    let sent: Vec<_> =
        all.iter().filter(|form| !form.fields.is_empty() && !NOT_SENT.contains(&form.action.as_str())).collect();
    assert!(sent.len() > 10, "{sent:?}");
    let mut refused = 0;
    for form in sent {
        for typed in wrong() {
            if let Some([of_english, of_german]) = sent_in_both([&english, &german], form, &typed).await {
                compare(&format!("{} with {typed:.20?}", form.action), [&of_english, &of_german]);
                refused += 1;
            }
        }
    }
    assert!(refused > 30, "{refused} forms were shown again");
    found.dedup();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[tokio::test]
async fn who_is_not_signed_in_and_whom_a_role_stops_read_german_as_well() {
    let studio = Studio::on_sqlite().await;
    studio.add_staff(studio.id, "ana@casa.example", Role::Viewer).await;
    let stranger = studio.browser();
    let (_, viewer) = stranger.sign_in("ana@casa.example", PASSWORD).await;
    let mut found = Vec::new();
    for (browser, path, fields) in [
        (&stranger, "/studio/sign-in", &[("email", "ana@casa.example"), ("password", "wrong")][..]),
        (&stranger, "/studio/sign-in", &[]),
        (&stranger, "/studio/invitation", &[("token", "x")]),
        (&stranger, "/studio/password-reset", &[("token", "x")]),
        (&viewer, "/studio/settings", &[]),
        (&viewer, "/studio/api-keys", &[]),
        (&viewer.with("sec-fetch-site", "cross-site"), "/studio/sign-out", &[]),
    ] {
        let [english, german] = [browser.clone(), browser.with("accept-language", "de")];
        let pages = [english.send(path, fields).await.html(), german.send(path, fields).await.html()];
        let same = untranslated(&pages[0], &pages[1]);
        found.extend(
            same.into_iter().filter(|text| !NAMES.contains(&text.as_str())).map(|text| format!("{path}: {text}")),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}
