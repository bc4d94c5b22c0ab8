//! Making a key from a job, from pasted calls, like one that has ended, and the summary before it is made.

use flow_gateway::{
    access::{
        keys,
        scope::Scope::{ClassesRead, MembersRead},
        sessions::stored::Role,
    },
    store::audit::{self, AuditFilter},
    store::filter::LogOrder,
};

use super::keys::{Form, shown};
use crate::support::{
    dashboard::Browser,
    studio::{Reply, on_both_engines, secret},
};

const NEW: &str = "/studio/api-keys/new";
const SUMMARY: &str = "/studio/api-keys/new/summary";

/// The scopes that are ticked on a form.
fn ticked(page: &str) -> Vec<String> {
    let boxes = page.split("name=\"scopes\" value=\"").skip(1);
    let is_ticked = |input: &&str| input.split_once('>').is_some_and(|(input, _)| input.contains(" checked"));
    boxes.filter(is_ticked).map(|input| input.split('"').next().unwrap().to_owned()).collect()
}

fn chosen_kind(page: &str) -> Vec<&str> {
    let kinds = page.split("name=\"kind\" value=\"").skip(1);
    let is_chosen = |input: &&str| input.split_once('>').is_some_and(|(input, _)| input.contains(" checked"));
    kinds.filter(is_chosen).map(|input| input.split('"').next().unwrap()).collect()
}

async fn send(browser: &Browser, path: &str, fields: &[(String, String)]) -> Reply {
    let fields: Vec<_> = fields.iter().map(|(name, text)| (&**name, &**text)).collect();
    browser.send(path, &fields).await
}

#[apply(on_both_engines!)]
async fn a_job_is_a_link_that_fills_in_the_form_with_the_smallest_key(studio: Studio) {
    let developer = studio.signed_in(Role::Developer).await;
    let start = developer.open(NEW).await.html();
    for (job, label, kind, scopes) in [
        ("website", "Website", "publishable", &[][..]),
        ("timetable-screen", "Timetable screen", "publishable", &[]),
        ("accounting-export", "Accounting export", "secret", &["coupons:read", "members:read", "plans:read"]),
        ("front-desk", "Front desk check-in", "secret", &["members:read", "schedule:read"]),
    ] {
        let link = format!("{NEW}?job={job}");
        assert!(start.contains(&format!("<a href=\"{link}\">{label}</a>")), "{start}");
        let page = developer.open(&link).await.html();
        assert_eq!((chosen_kind(&page), ticked(&page)), (vec![kind], scopes.iter().map(ToString::to_string).collect()));
        assert!(page.contains(&format!("name=\"name\" value=\"{label}\"")), "{page}");
    }
    let everything = ticked(&developer.open(&format!("{NEW}?job=read-only")).await.html());
    assert!(everything.len() == 9 && everything.iter().all(|scope| scope.ends_with(":read")), "{everything:?}");
    assert_eq!(chosen_kind(&start), Vec::<&str>::new(), "nothing is chosen silently");
    assert!(chosen_kind(&developer.open(&format!("{NEW}?job=no-such")).await.html()).is_empty());
}

#[apply(on_both_engines!)]
async fn a_summary_says_why_each_scope_is_there_and_when_the_key_expires_and_makes_none(studio: Studio) {
    let developer = studio.signed_in(Role::Developer).await;
    let page = developer.open(&format!("{NEW}?job=accounting-export")).await;
    let token = page.between(r#"name="form" value=""#, "\"");
    let typed = [
        ("form", &*token),
        ("job", "accounting-export"),
        ("name", "Books & taxes"),
        ("kind", "secret"),
        ("scopes", "members:read"),
        ("scopes", "classes:read"),
        ("expires", "30"),
    ];
    let summary = developer.send(SUMMARY, &typed).await;
    assert_eq!((summary.status.as_u16(), summary.header("cache-control")), (200, "no-store"));
    let html = summary.html();
    let date = page.between("<option value=\"30\">30 days: on ", "<");
    for words in [
        "The key has not been made yet",
        "Books &#38; taxes",
        "For “Accounting export”: List members",
        "Chosen by you: List classes",
        "works from any network",
        &format!("<dt>Expires</dt><dd>{date}"),
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    assert!(keys::list(studio.app.db.of(studio.id)).await.unwrap().is_empty());

    let again = summary.hidden_fields();
    let changed = send(&developer, NEW, &again).await;
    assert_eq!(ticked(&changed.html()), ["classes:read", "members:read"], "what was typed is there to be changed");
    let key = shown(&send(&developer, "/studio/api-keys", &again).await);
    studio.management_client().with_key(&key).get("/v1/members").await.expect(200);
    let made = keys::list(studio.app.db.of(studio.id)).await.unwrap().remove(0);
    assert_eq!(made.name, "Books & taxes");
    assert!(made.expires_at.is_some());
    assert_eq!(send(&developer, "/studio/api-keys", &again).await.status, 409, "the form makes one key");
}

#[apply(on_both_engines!)]
async fn when_a_key_expires_is_chosen_by_nobody_but_its_maker(studio: Studio) {
    let developer = studio.signed_in(Role::Developer).await;
    for page in [NEW.to_owned(), format!("{NEW}?job=website"), format!("{NEW}?job=read-only")] {
        let html = developer.open(&page).await.html();
        assert!(html.contains("<option value=\"\" selected>Choose …</option>"), "{html}");
        assert_eq!(html.matches(" selected>").count(), 1, "{html}");
    }
    let form = Form::of(&developer, NEW).await;
    let typed = [("name", "Screen"), ("kind", "publishable"), ("expires", "")];
    let summary = form.send(&developer, "/studio/api-keys", &typed).await;
    let html = summary.html();
    assert!(
        html.contains("<dt>Expires</dt><dd>not chosen</dd>")
            && html.contains("You have not chosen when the key expires")
            && !html.contains("data-key"),
        "{html}"
    );
    assert!(keys::list(studio.app.db.of(studio.id)).await.unwrap().is_empty(), "no key was made");
    assert!(html.contains("<button class=\"main\" name=\"expires\" value=\"never\">Create key</button>"), "{html}");
    let mut fields = summary.hidden_fields();
    assert!(fields.iter().all(|(name, _)| name != "expires"), "to change it shows no choice that nobody made");
    fields.push(("expires".to_owned(), "never".to_owned()));
    shown(&send(&developer, "/studio/api-keys", &fields).await);
    let made = keys::list(studio.app.db.of(studio.id)).await.unwrap().remove(0);
    assert_eq!(made.expires_at, None);
    keys::revoke(&studio.app.db, studio.id, made.id, None, "a test", studio.clock.now()).await.unwrap();
    let like = developer.open(&format!("{NEW}?like={}", made.id)).await.html();
    assert!(like.contains("<option value=\"never\" selected>Never</option>"), "as that key was made: {like}");
}

#[apply(on_both_engines!)]
async fn a_summary_of_a_wrong_form_is_the_form_with_every_fault(studio: Studio) {
    let developer = studio.signed_in(Role::Developer).await;
    let form = Form::of(&developer, NEW).await;
    let reply = form.send(&developer, SUMMARY, &[("networks", "nowhere"), ("expires", "0")]).await;
    assert_eq!(reply.status, 422);
    for words in ["Choose a kind", "Allowed networks: ", "A key needs a name", "Choose when the key expires"] {
        assert!(reply.html().contains(words), "{words}");
    }
    assert_eq!(developer.send(SUMMARY, &[("form", "made up")]).await.status, 409);
}

const PASTED: &str = r#"192.0.2.7 - - [28/Nov/2026:03:00:01 +0000] "GET /v1/members?email=eve@private.example HTTP/1.1" 200 512
GET /v1/classes
GET /v1/classes
GET /v1/nowhere?secret=hunter2
what is this"#;

#[apply(on_both_engines!)]
async fn pasted_calls_fill_in_the_form_and_are_neither_shown_nor_stored(studio: Studio) {
    let developer = studio.signed_in(Role::Developer).await;
    let leaked = studio.key(secret(&[ClassesRead])).await;
    let pasted = format!("{PASTED}\nGET /v1/nowhere/{}", leaked.minted.reveal());
    let reply = developer.send(NEW, &[("calls", &pasted)]).await;
    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "no-store"));
    let page = reply.html();
    assert_eq!(
        (chosen_kind(&page), ticked(&page)),
        (vec!["secret"], vec!["classes:read".into(), "members:read".into()])
    );
    for words in [
        "Calls found: 3. Operations: 2.",
        "Line 4, no operation has this path: GET /v1/nowhere",
        "Line 5, it names no method and path<",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for secret in ["eve@private", "hunter2", "what is this", leaked.minted.reveal()] {
        assert!(!page.contains(secret), "{secret}: {page}");
    }
    let typed = [("name", "From a log"), ("kind", "secret"), ("scopes", "classes:read"), ("scopes", "members:read")];
    let form = Form(reply.between(r#"name="form" value=""#, "\""));
    let called = [("called", "managementListMembers"), ("called", "managementListClasses"), ("called", "<b>")];
    let summary = form.send(&developer, SUMMARY, &[&typed[..], &called].concat()).await.html();
    assert!(summary.contains(">GET /v1/members</td>") && !summary.contains("<b>"), "{summary}");
    let rows = audit::list(studio.app.db.of(studio.id), &AuditFilter::default(), LogOrder::Oldest(None), 10).await;
    assert_eq!(rows.unwrap().len(), 1, "reading calls changes nothing");
}

#[apply(on_both_engines!)]
async fn pasted_calls_of_a_website_need_a_publishable_key_and_a_har_file_is_read(studio: Studio) {
    let developer = studio.signed_in(Role::Developer).await;
    let page = developer.send(NEW, &[("calls", "GET /v1/config\nGET /v1/site")]).await.html();
    assert_eq!((chosen_kind(&page), ticked(&page)), (vec!["publishable"], vec![]));
    let har = r#"{"log":{"entries":[{"request":{"method":"GET","url":"https://api.example/v1/plans?x=1"}}]}}"#;
    assert_eq!(ticked(&developer.send(NEW, &[("calls", har)]).await.html()), ["plans:read"]);
    let none = developer.send(NEW, &[("calls", "nothing\nof use")]).await;
    assert_eq!(none.status, 422);
    assert!(none.html().contains("No call of this API"), "{}", none.html());
}

#[apply(on_both_engines!)]
async fn what_is_pasted_is_bounded_and_of_many_unknown_lines_twenty_are_named(studio: Studio) {
    let developer = studio.signed_in(Role::Developer).await;
    let unknown = (0..50).map(|line| format!("nonsense {line}")).collect::<Vec<_>>().join("\n");
    let page = developer.send(NEW, &[("calls", &unknown)]).await.html();
    assert_eq!(page.matches("it names no method and path").count(), 20);
    assert!(page.contains("And 30 more."), "{page}");
    let large = "GET /v1/classes\n".repeat(10_000);
    assert_eq!(developer.send(NEW, &[("calls", &large)]).await.status, 200);
    let too_large = "GET /v1/classes\n".repeat(20_000);
    assert_eq!(developer.send(NEW, &[("calls", &too_large)]).await.status, 413);
}

#[apply(on_both_engines!)]
async fn a_key_that_has_ended_offers_one_like_it_and_one_that_works_does_not(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let old = studio.key(secret(&[ClassesRead, MembersRead])).await.stored;
    let (page, like) = (format!("/studio/api-keys/{}", old.id), format!("{NEW}?like={}", old.id));
    assert!(!owner.open(&page).await.html().contains("Make one like this"));
    let refused = owner.open(&like).await;
    assert!(refused.status == 409 && !refused.html().contains("flow-gateway"), "{}", refused.html());
    keys::revoke(&studio.app.db, studio.id, old.id, None, "a test", studio.clock.now()).await.unwrap();
    assert!(owner.open(&page).await.html().contains(&format!("href=\"{like}\"")));
    let form = owner.open(&like).await.html();
    assert_eq!(
        (chosen_kind(&form), ticked(&form)),
        (vec!["secret"], vec!["classes:read".into(), "members:read".into()])
    );
    assert!(form.contains("value=\"a server\"") && form.contains("value=\"10000\""), "{form}");

    let neighbour = studio.neighbour().await;
    let theirs = studio.key_of(neighbour, secret(&[ClassesRead])).await.stored;
    keys::revoke(&studio.app.db, neighbour, theirs.id, None, "a test", studio.clock.now()).await.unwrap();
    for id in [theirs.id.to_string(), "key_x".into()] {
        assert_eq!(owner.open(&format!("{NEW}?like={id}")).await.status, 404, "another studio's key is no model");
    }
}
