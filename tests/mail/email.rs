//! What an invitation says, and that no name breaks out of its place in it.

use flow_gateway::{
    mail::outbox::{self, MailKind, NewMail, Recipient},
    signin::{
        password::PasswordHash,
        staff::{self, Role},
    },
};
use serde_json::json;

use super::sending::{SOON, mailer};
use crate::{
    resources::members::PEOPLE,
    support::{
        smtp::MailServer,
        studio::{on_both_engines, within},
    },
};

#[apply(on_both_engines!)]
async fn an_invitation_names_the_studio_the_link_and_until_when_it_is_good(studio: Studio) {
    let mail = MailServer::open().await;
    let sending = studio.instance_with(mailer(&mail)).await;
    let server = sending.server(PEOPLE).await;
    server.post("/v1/members/invites", json!({"email": "Rui@member.example", "first_name": "Rui"})).await.expect(201);
    within(SOON, async || !mail.taken().is_empty()).await;
    let taken = &mail.taken()[0];
    assert_eq!((taken.from.as_str(), &taken.to[..]), ("no-reply@127.0.0.1", &["Rui@member.example".to_owned()][..]));
    assert_eq!(taken.header("Subject").as_deref(), Some("Your invitation to Test Studio"));
    assert_eq!(taken.header("To").as_deref(), Some("Rui@member.example"));
    assert_eq!(taken.header("From").as_deref(), Some(r#""Test Studio" <no-reply@127.0.0.1>"#));
    assert_eq!(taken.header("Auto-Submitted").as_deref(), Some("auto-generated"));
    assert!(taken.header("Message-ID").is_some_and(|id| id.starts_with("<eml_")));
    let text = taken.text();
    let link = format!("http://127.0.0.1:7606/invitation#{}", taken.token());
    assert_eq!(text.matches(&link).count(), 4, "once in the text, thrice in the page: {text}");
    for words in ["Hello Rui,", "Test Studio has invited you", "(Europe/Lisbon)", "text/plain", "text/html"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}

#[apply(on_both_engines!)]
async fn a_name_breaks_out_of_neither_a_header_nor_a_page(studio: Studio) {
    let mut tx = studio.app.db.begin().await.unwrap();
    let name = "A\r\nBcc: all@member.example\r\n\r\n<b>\"Zoë\" & Co</b>\u{0085}\u{2028}".to_owned();
    let contact = r#"{"email": "hello@studio.example"}"#;
    let text = if studio.file().is_some() {
        "update studios set name = $2, contact = $3 where id = $1"
    } else {
        "update studios set name = $2, contact = cast($3 as jsonb) where id = $1"
    };
    tx.on().query(text).bind(studio.id).bind(name).bind(contact.to_owned()).execute().await.unwrap();
    tx.commit().await.unwrap();
    let mail = MailServer::open().await;
    let sending = studio.instance_with(mailer(&mail)).await;
    let server = sending.server(PEOPLE).await;
    let (broken, hostile) = ("Rui\r\nBcc: all", "<script>alert(1)<script> Bcc all");
    let invite = async |name: &str| {
        server.post("/v1/members/invites", json!({"email": "rui@member.example", "first_name": name})).await
    };
    assert_eq!(invite(broken).await.faults(), ["/first_name"]);
    invite(hostile).await.expect(201);
    within(SOON, async || !mail.taken().is_empty()).await;
    let taken = &mail.taken()[0];
    assert_eq!(taken.to, ["rui@member.example"]);
    assert_eq!(taken.header("Bcc"), None);
    assert_eq!(taken.header("Reply-To").as_deref(), Some("hello@studio.example"));
    let text = taken.text();
    let page = text.split_once("<!doctype html>").expect("a page").1;
    assert!(!page.contains("<script>") && !page.contains("<b>"), "{page}");
    assert!(page.contains("&#60;script&#62;"), "{page}");
}

#[apply(on_both_engines!)]
async fn a_name_that_would_be_a_link_is_left_out(studio: Studio) {
    let mail = MailServer::open().await;
    let sending = studio.instance_with(mailer(&mail)).await;
    let server = sending.server(PEOPLE).await;
    let links = ["Win at https://evil.test", "www.evil.test", "evil.test", "a@evil.test", "x/y"];
    for (number, name) in links.into_iter().chain(["J. P. Müller"]).enumerate() {
        let sent = json!({"email": format!("m{number}@member.example"), "first_name": name});
        server.post("/v1/members/invites", sent).await.expect(201);
    }
    within(SOON, async || mail.taken().len() == links.len() + 1).await;
    for taken in mail.taken() {
        let (text, named) = (taken.text(), taken.to[0].starts_with("m5@"));
        assert!(
            text.contains(if named { "Hello J. P. Müller," } else { "Hello," }) && !text.contains("evil"),
            "{text}"
        );
    }
}

#[apply(on_both_engines!)]
async fn mail_goes_to_the_staff_as_well_and_needs_no_link(studio: Studio) {
    let (now, email) = (studio.clock.now(), "anna@casa.example");
    let hash: PasswordHash = serde_json::from_value(json!("no hash")).unwrap();
    let mut tx = studio.app.db.begin_studio(&studio.clock, studio.id, 1).await.unwrap();
    let owner = staff::create(tx.on(), email.parse().unwrap(), Role::Owner, hash, now).await.unwrap();
    for _ in 0..2 {
        let (to, subject_id) = (Recipient::staff(owner.id), owner.id.to_string());
        let mail = NewMail { kind: MailKind::PasswordChanged, to, subject_id, page: "" };
        outbox::put(tx.on(), mail, now).await.unwrap();
    }
    let (mail, token) = {
        let listed = outbox::list(tx.on()).await.unwrap();
        assert_eq!(listed.len(), 1, "one that is still to be sent is replaced");
        outbox::open(tx.on(), listed[0].id).await.unwrap().expect("the mail")
    };
    tx.tx.commit().await.unwrap();
    assert_eq!((mail.recipient().unwrap(), token.is_none()), (Recipient::staff(owner.id), true));
    let mail = MailServer::open().await;
    let _sending = studio.instance_with(mailer(&mail)).await;
    within(SOON, async || !mail.taken().is_empty()).await;
    let received = &mail.taken()[0];
    assert_eq!(received.to, [email]);
    assert_eq!(received.header("Subject").as_deref(), Some("Your password for Test Studio was changed"));
    assert!(received.text().contains(email) && !received.text().contains("://"), "{}", received.text());
}
