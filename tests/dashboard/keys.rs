//! The pages of keys.

use flow_gateway::access::{
    keys,
    scope::Scope::{ClassesRead, InstructorsRead},
    sessions::stored::Role,
};

use crate::support::{
    dashboard::Browser,
    studio::{Reply, on_both_engines, publishable, secret},
};

/// The fields that a form brings along.
struct Form {
    form: String,
    studio: String,
}

impl Form {
    async fn of(browser: &Browser, page: &str) -> Self {
        let page = browser.open(page).await;
        let form = page.between(r#"name="form" value=""#, "\"");
        Self { form, studio: page.between(r#"name="studio" value=""#, "\"") }
    }

    async fn send(&self, browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Reply {
        browser.send(path, &[&[("form", &*self.form), ("studio", &*self.studio)], fields].concat()).await
    }
}

const READER: &[(&str, &str)] =
    &[("name", "Timetable <screen>"), ("kind", "secret"), ("scopes", "classes:read"), ("scopes", "instructors:read")];

#[apply(on_both_engines!)]
async fn a_key_is_made_by_hand_shown_once_and_works(studio: Studio) {
    let developer = studio.signed_in(Role::Developer).await;
    let form = Form::of(&developer, "/studio/api-keys/new").await;
    let more = [("used_by", "Lobby"), ("networks", "127.0.0.0/8\r\n10.1.0.0/16"), ("expires", "30")];
    let reply = form.send(&developer, "/studio/api-keys", &[READER, &more].concat()).await;
    assert_eq!((reply.status.as_u16(), reply.header("cache-control")), (200, "no-store"));
    let key = reply.between("data-key", "</p>").rsplit('>').next().unwrap().to_owned();
    assert!(key.starts_with("flow_sk_"), "{key}");
    studio.management_client().with_key(&key).get("/v1/classes").await.expect(200);
    studio.management_client().with_key(&key).get("/v1/members").await.is_problem(403, "insufficient_scope");

    let made = keys::list(studio.app.db.read(), studio.id).await.unwrap().remove(0);
    assert_eq!((made.name.as_str(), made.used_by.as_deref()), ("Timetable <screen>", Some("Lobby")));
    assert_eq!((made.networks.len(), made.scopes.iter().collect::<Vec<_>>()), (2, vec![ClassesRead, InstructorsRead]));
    assert!(made.expires_at.is_some() && made.created_by.contains("developer@casa.example"), "{}", made.created_by);
    let path = format!("/studio/api-keys/{}", made.id);
    for page in [developer.open("/studio/api-keys").await.html(), developer.open(&path).await.html()] {
        assert!(page.contains("Timetable &#60;screen&#62;") && page.contains("classes:read"), "{page}");
        assert!(page.contains(&made.masked()) && !page.contains(&key), "{page}");
    }
    let again = form.send(&developer, "/studio/api-keys", READER).await;
    assert_eq!(again.status, 409, "a reload makes no second key");
    assert!(again.html().contains("sent before"));
    assert_eq!(keys::list(studio.app.db.read(), studio.id).await.unwrap().len(), 1);
}

#[apply(on_both_engines!)]
async fn a_form_that_is_wrong_comes_back_with_what_was_typed_and_every_fault(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let form = Form::of(&owner, "/studio/api-keys/new").await;
    let wrong = [("name", "Screen"), ("origins", "ftp://x"), ("networks", "nowhere"), ("rate_limit", "many")];
    let reply = form.send(&owner, "/studio/api-keys", &wrong).await;
    assert_eq!(reply.status, 422);
    let page = reply.html();
    for words in ["Choose a kind", "Allowed origins: ", "Allowed networks: ", "The rate limit is", r#"value="Screen""#]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let reply = form.send(&owner, "/studio/api-keys", &[("name", "Screen"), ("kind", "secret")]).await;
    assert!(reply.status == 422 && reply.html().contains("A secret key needs scopes"), "{}", reply.html());
    assert!(keys::list(studio.app.db.read(), studio.id).await.unwrap().is_empty());
}

#[apply(on_both_engines!)]
async fn a_form_makes_keys_for_who_opened_it_and_for_their_studio_alone(studio: Studio) {
    let (owner, developer) = (studio.signed_in(Role::Owner).await, studio.signed_in(Role::Developer).await);
    let theirs = Form::of(&owner, "/studio/api-keys/new").await;
    assert_eq!(theirs.send(&developer, "/studio/api-keys", READER).await.status, 409);
    let neighbour = studio.neighbour().await.to_string();
    let elsewhere = Form { form: theirs.form.clone(), studio: neighbour };
    assert_eq!(elsewhere.send(&owner, "/studio/api-keys", READER).await.status, 409);
    assert_eq!(owner.send("/studio/api-keys", READER).await.status, 409);
    assert!(keys::list(studio.app.db.read(), studio.id).await.unwrap().is_empty());
}

#[apply(on_both_engines!)]
async fn a_key_is_revoked_with_a_reason_and_one_in_use_takes_a_word(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let key = studio.key(secret(&[ClassesRead])).await;
    let server = studio.management_client().with_key(key.minted.reveal());
    server.get("/v1/classes").await.expect(200);
    studio.app.access.usage.write(&studio.app.db).await.unwrap();
    let path = format!("/studio/api-keys/{}/revocation", key.stored.id);
    assert!(owner.open(&path).await.html().contains("used in the last hour"));
    assert_eq!(owner.send(&path, &[("reason", "vendor left")]).await.status, 422);
    server.get("/v1/classes").await.expect(200);
    let done = owner.send(&path, &[("reason", "vendor left"), ("confirmed", "true")]).await;
    assert_eq!(done.leads_to(), format!("/studio/api-keys/{}", key.stored.id));
    server.get("/v1/classes").await.is_problem(401, "revoked_key");
    let page = owner.open(&format!("/studio/api-keys/{}", key.stored.id)).await.html();
    assert!(page.contains("Revoked") && page.contains("vendor left") && !page.contains("/rotation"), "{page}");
    assert!(owner.open("/studio/api-keys").await.html().contains("Expired and revoked keys (1)"));
}

#[apply(on_both_engines!)]
async fn a_replacement_is_made_once_and_the_old_key_goes_on(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let old = studio.key(secret(&[ClassesRead])).await;
    let path = format!("/studio/api-keys/{}/rotation", old.stored.id);
    let form = Form::of(&owner, &path).await;
    let reply = form.send(&owner, &path, &[]).await;
    let key = reply.between("data-key", "</p>").rsplit('>').next().unwrap().to_owned();
    for key in [&*key, old.minted.reveal()] {
        studio.management_client().with_key(key).get("/v1/classes").await.expect(200);
    }
    for form in [form, Form { form: "made up".into(), studio: studio.id.to_string() }] {
        assert_eq!(form.send(&owner, &path, &[]).await.status, 409);
    }
    assert!(owner.open(&path).await.html().contains("It is made:"));
    assert_eq!(keys::list(studio.app.db.read(), studio.id).await.unwrap().len(), 2);
    assert!(owner.open("/studio/api-keys").await.html().contains("Being replaced"));
}

#[apply(on_both_engines!)]
async fn another_studios_key_is_not_there_and_a_viewer_sees_no_buttons(studio: Studio) {
    let viewer = studio.signed_in(Role::Viewer).await;
    let neighbour = studio.neighbour().await;
    let foreign = studio.key_of(neighbour, publishable()).await.stored;
    assert_eq!(viewer.open(&format!("/studio/api-keys/{}", foreign.id)).await.status, 404);
    assert_eq!(viewer.open("/studio/api-keys/nonsense").await.status, 404);
    let own = studio.key(publishable()).await.stored;
    let list = viewer.open("/studio/api-keys").await.html();
    assert!(list.contains(&own.masked()) && !list.contains(&foreign.id.to_string()), "{list}");
    let page = viewer.open(&format!("/studio/api-keys/{}", own.id)).await.html();
    for action in ["/studio/api-keys/new", "/rotation", "/revocation"] {
        assert!(!list.contains(action) && !page.contains(action), "{action}");
    }
    assert!(page.contains(own.publishable.as_deref().unwrap()), "a publishable key may be shown again");
}
