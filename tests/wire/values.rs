//! What a text, an address, a phone number and a link may be, on every surface alike, and in which form each is kept.

use flow_gateway::{
    access::{key, key::KeyKind, scope::Scope},
    mail::outbox,
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{
    resources::classes::id,
    support::studio::{Client, on_both_engines},
};

async fn invite(server: &Client, more: Value) -> crate::support::studio::Reply {
    let mut sent = json!({"email": "clara@member.example"});
    sent.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    server.post("/v1/members/invites", sent).await
}

#[apply(on_both_engines!)]
async fn a_blank_name_is_an_absent_one_and_a_mail_greets_nobody_by_it(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    let member =
        invite(&server, json!({"first_name": " ", "last_name": "", "phone": "", "notes": "\n"})).await.expect(201);
    for field in ["first_name", "last_name", "phone", "notes"] {
        assert_eq!(member[field], Value::Null, "{field}");
    }
    let mut tx = studio.app.db.begin().await.unwrap();
    let mail = outbox::list(tx.on().of(studio.id)).await.unwrap().remove(0);
    assert_eq!(mail.first_name, None);
    drop(tx);
    let path = format!("/v1/members/{}", id(&member));
    server.patch(&path, json!({"first_name": "Clara"})).await.expect(200);
    assert_eq!(server.patch(&path, json!({"first_name": " "})).await.expect(200)["first_name"], Value::Null);
    assert_eq!(server.post("/v1/instructors", json!({"display_name": " \u{3000}"})).await.faults(), ["/display_name"]);
}

#[apply(on_both_engines!)]
async fn a_line_of_text_is_seen_and_has_no_controls(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    for name in [
        "\u{200b}",
        "\u{3164}",
        "\u{7f}",
        "\u{301}\u{302}",
        "Cla\u{7}ra",
        "Cla\nra",
        "Cla\u{85}ra",
        "\u{202e}aralC",
        "a\u{2066}b",
        "\u{200e}Clara",
        "a\u{2028}b",
    ] {
        assert_eq!(invite(&server, json!({"first_name": name})).await.faults(), ["/first_name"], "{name:?}");
        assert_eq!(invite(&server, json!({"tags": ["Yin", name]})).await.faults(), ["/tags/1"], "{name:?}");
        assert_eq!(
            server.post("/v1/instructors", json!({"display_name": name, "specialties": [name]})).await.faults(),
            ["/display_name", "/specialties/0"],
            "{name:?}"
        );
        assert_eq!(server.post("/v1/locations", json!({"name": name})).await.faults(), ["/name"], "{name:?}");
    }
    for name in ["👩\u{200d}🦰", "محمد عبد الله", "דָּוִד", "نام\u{200c}ه", "Zoe\u{308}", "田中", "O’Brien-Núñez"]
    {
        let sent = json!({"display_name": name, "bio": "One.\r\n\tTwo."});
        let instructor = server.post("/v1/instructors", sent).await.expect(201);
        assert_eq!((&instructor["display_name"], &instructor["bio"]), (&json!(name), &json!("One.\r\n\tTwo.")));
    }
    assert_eq!(
        server.post("/v1/instructors", json!({"display_name": "Anna", "bio": "a\u{7}"})).await.faults(),
        ["/bio"]
    );
}

#[apply(on_both_engines!)]
async fn a_row_from_before_a_rule_is_read_and_changed_in_its_other_fields(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    let instructor =
        server.post("/v1/instructors", json!({"display_name": "Anna", "first_name": "A"})).await.expect(201);
    let mut tx = studio.app.db.begin().await.unwrap();
    let text = "update instructors set display_name = $1, photo_url = 'HTTPS://x.example/a b', first_name = $1";
    tx.on().query(text).bind("An\u{7}na".to_owned()).execute().await.unwrap();
    tx.commit().await.unwrap();
    let path = format!("/v1/instructors/{}", id(&instructor));
    let changed = server.patch(&path, json!({"last_name": "Berg"})).await.expect(200);
    assert_eq!((&changed["display_name"], &changed["last_name"]), (&json!("An\u{7}na"), &json!("Berg")));
    assert_eq!(changed["photo_url"], "HTTPS://x.example/a b");
    assert_eq!(server.patch(&path, json!({"display_name": "An\u{7}na"})).await.faults(), ["/display_name"]);
    assert_eq!(server.patch(&path, json!({"display_name": "Anna"})).await.expect(200)["display_name"], "Anna");
}

#[apply(on_both_engines!)]
async fn a_phone_number_is_kept_without_what_was_pasted_with_it(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    let member = invite(&server, json!({"phone": "\u{202a}+351\u{a0}21 000\u{202f}0000\u{202c}"})).await.expect(201);
    assert_eq!(member["phone"], "+351 21 000 0000");
    let problem = invite(&server, json!({"phone": "351910000000.0"})).await;
    assert_eq!(problem.faults(), ["/phone"]);
    assert!(problem.json()["errors"][0]["detail"].as_str().unwrap().contains("spreadsheet"), "{problem:?}");
}

#[apply(on_both_engines!)]
async fn a_web_address_is_kept_as_the_url_standard_writes_it(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    let links = json!({"a": "http://öko.example", "b": "HTTPS://X.example/ä?q=%20"});
    let instructor = server
        .post("/v1/instructors", json!({"display_name": "Anna", "links": links, "photo_url": "HTTPS://x.example"}))
        .await
        .expect(201);
    assert_eq!(instructor["links"], json!({"a": "http://xn--ko-eka.example/", "b": "https://x.example/%C3%A4?q=%20"}));
    assert_eq!(instructor["photo_url"], "https://x.example/");
    for wrong in [
        "https://a.example\\@evil.example/",
        "https://a.example/%zz",
        "https://a.example/\"><script>",
        "https://u:p@a.example",
        "javascript:alert(1)",
        "https://a.example/ b",
    ] {
        let sent = json!({"display_name": "Anna", "photo_url": wrong, "links": {"web": wrong}});
        assert_eq!(server.post("/v1/instructors", sent).await.faults(), ["/links/web", "/photo_url"], "{wrong}");
    }
}

#[apply(on_both_engines!)]
async fn an_instant_that_is_refused_is_told_why(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    for (instant, why) in [
        ("9999-12-31T23:59:59Z", "years 1900 to 2199"),
        ("2026-01-31T12:30:60Z", "leap second"),
        ("2026-02-30T12:30:00Z", "calendar"),
        ("soon", "RFC 3339"),
    ] {
        let sent = json!({"code": "ABC", "kind": "percent", "percent_off": 10, "valid_until": instant});
        let problem = server.post("/v1/coupons", sent).await;
        assert_eq!(problem.faults(), ["/valid_until"]);
        assert!(problem.json()["errors"][0]["detail"].as_str().unwrap().contains(why), "{problem:?}");
        let problem =
            server.get(&format!("/v1/coupons?updated_since={instant}")).await.is_problem(400, "malformed_request");
        assert!(problem["detail"].as_str().unwrap().contains(why), "{problem}");
    }
}

#[apply(on_both_engines!)]
async fn both_forms_of_an_address_are_one_member_and_the_written_one_is_kept(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    let member = invite(&server, json!({"email": "Anna@müller.example"})).await.expect(201);
    assert_eq!(member["email"], "Anna@müller.example");
    let again = invite(&server, json!({"email": "anna@xn--mller-kva.example"})).await.expect(200);
    assert_eq!(again["id"], member["id"]);
    for email in ["anna@m%C3%BCller.example", "ANNA@XN--MLLER-KVA.EXAMPLE"] {
        assert_eq!(server.get(&format!("/v1/members?email={email}")).await.rows().len(), 1, "{email}");
    }
    invite(&server, json!({"email": "info@उदाहरण.परीक्षा"})).await.expect(201);
    for wrong in [
        "anna@1.2.3.4",
        "anna@x.123",
        "anna@-x.example",
        "anna@x..example",
        &format!("anna@{}.example", "x".repeat(64)),
    ] {
        assert_eq!(invite(&server, json!({"email": wrong})).await.faults(), ["/email"], "{wrong}");
    }
}

#[apply(on_both_engines!)]
async fn keys_of_addresses_from_before_are_renewed_when_the_database_is_opened(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    invite(&server, json!({"email": "anna@müller.example"})).await.expect(201);
    let mut tx = studio.app.db.begin().await.unwrap();
    tx.on().query("update members set email_key = 'anna@müller.example'").execute().await.unwrap();
    tx.on().query("insert into rows_to_fill (name) values ('email_key')").execute().await.unwrap();
    tx.commit().await.unwrap();
    studio.second_instance().await;
    assert_eq!(server.get("/v1/members?email=anna@xn--mller-kva.example").await.rows().len(), 1);
}

#[apply(on_both_engines!)]
async fn a_whole_secret_key_is_never_kept_in_a_row(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    let secret = key::mint(KeyKind::Secret);
    let secret = secret.text.expose_secret();
    let sent = json!({"display_name": format!("Anna {secret}"), "bio": secret, "metadata": {"key": format!("Bearer {secret}."), secret: "x"}});
    let reply = server.post("/v1/instructors", sent).await;
    assert_eq!(reply.faults().len(), 4, "{reply:?}");
    assert!(!String::from_utf8_lossy(&reply.body).contains(secret), "{reply:?}");
    let detail = reply.json()["errors"][0]["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("looks like a secret key"), "{detail}");
    // One with a wrong checksum is none, and a publishable one is public.
    let mistyped = format!("{}0", &secret[..secret.len() - 1]);
    let mistyped = if mistyped == secret { format!("{}1", &secret[..secret.len() - 1]) } else { mistyped };
    let public = key::mint(KeyKind::Publishable);
    let bio = format!("{mistyped} {}", public.text.expose_secret());
    server.post("/v1/instructors", json!({"display_name": "Anna", "bio": bio})).await.expect(201);
}

#[apply(on_both_engines!)]
async fn websites_do_not_filter_by_what_a_studios_own_systems_call_a_row(studio: Studio) {
    let (server, website) = (studio.server(Scope::ALL).await, studio.website().await);
    server.post("/v1/instructors", json!({"display_name": "Anna", "external_id": "crm-1"})).await.expect(201);
    assert_eq!(server.get("/v1/instructors?external_id=crm-1").await.rows().len(), 1);
    for list in ["classes", "schedule", "instructors", "locations", "plans", "programs", "content"] {
        let problem = website.get(&format!("/v1/{list}?external_id=crm-1")).await.is_problem(400, "malformed_request");
        assert!(
            !problem["detail"].as_str().unwrap().contains("takes `limit`, `cursor`, `id`, `external_id`"),
            "{problem}"
        );
    }
}
