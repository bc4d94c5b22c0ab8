//! A mail is in its reader's language: the one that somebody of the staff chose, or that a member signed in in, else the studio's, else
//! English.

use flow_gateway::{
    access::{
        scope::Scope::ClassesRead,
        sessions::stored::{Role, StaffId},
    },
    mail::{
        email::Email,
        outbox::{self, MailKind, NewMail, Recipient},
    },
    store::token::Token,
};
use serde_json::json;

use crate::{
    resources::members::PEOPLE,
    support::{
        studio::{Studio, on_both_engines, secret},
        translated::untranslated,
    },
};

/// Every kind of mail to the staff.
const TO_STAFF: [MailKind; 8] = [
    MailKind::StaffInvitation,
    MailKind::PasswordReset,
    MailKind::PasswordChanged,
    MailKind::KeyExpires,
    MailKind::KeyExposed,
    MailKind::SecondFactorOn,
    MailKind::SecondFactorOff,
    MailKind::RecoveryCodeUsed,
];
/// Every kind of mail to members.
const TO_MEMBERS: [MailKind; 5] = [
    MailKind::Invitation,
    MailKind::PasswordReset,
    MailKind::PasswordChanged,
    MailKind::EmailChange,
    MailKind::EmailChanged,
];
/// The languages of members beside English, and the tags of studios that write in them.
const LANGUAGES: [(&str, &str, &str); 5] = [
    ("german", "de", "de-AT"),
    ("french", "fr", "fr"),
    ("spanish", "es", "es-MX"),
    ("italian", "it", "it"),
    ("portuguese", "pt", "pt-BR"),
];

/// A mail as it would be sent.
async fn written(studio: &Studio, kind: MailKind, to: Recipient, subject: &str) -> Email {
    let mut tx = studio.app.db.begin_studio(&studio.clock, studio.id, 1).await.expect("a transaction");
    let page = "https://studio.example/page";
    let mail = NewMail { kind, to, subject_id: subject.to_owned(), page };
    outbox::put(tx.on(), mail, studio.clock.now()).await.expect("put");
    let mail = outbox::list(tx.on()).await.expect("the outbox").pop().expect("a mail");
    let token = kind.opens().map(|_| Token::mint());
    tx.tx.commit().await.expect("committed");
    Email::write(&mail, token.as_ref()).expect("written")
}

async fn set(studio: &Studio, text: &str, id: String, value: Option<&str>) {
    let mut tx = studio.app.db.begin().await.expect("a transaction");
    tx.on().query(text).bind(id).bind(value.map(str::to_owned)).execute().await.expect("set");
    tx.commit().await.expect("committed");
}

async fn set_language(studio: &Studio, id: StaffId, language: Option<&str>) {
    set(studio, "update staff set language = $2 where id = $1", id.to_string(), language).await;
}

async fn set_locale(studio: &Studio, locale: &str) {
    set(studio, "update studios set locale = $2 where id = $1", studio.id.to_string(), Some(locale)).await;
}

/// What the mails of all tests have in common: names and addresses.
fn is_a_name(text: &str) -> bool {
    text == "Test Studio"
}

fn assert_translated(english: &Email, other: &Email, tag: &str, kind: MailKind) {
    let same: Vec<_> = untranslated(&english.html, &other.html).into_iter().filter(|text| !is_a_name(text)).collect();
    assert_eq!(same, Vec::<String>::new(), "{kind:?} {tag}");
    assert_ne!(english.subject, other.subject, "{kind:?} {tag}");
    let is_in = |mail: &Email, tag: &str| mail.html.contains(&format!("<html lang=\"{tag}\">"));
    assert!(is_in(english, "en") && is_in(other, tag), "{kind:?} {tag}");
    assert!(!other.text.contains('{') && !other.subject.contains('{'), "{kind:?} {tag}: {}", other.text);
    for line in other.text.lines().filter(|line| line.len() > 1) {
        assert!(!english.text.contains(line) || is_a_name(line) || line.starts_with("http"), "{kind:?} {tag}: {line}");
    }
}

/// Each paragraph of the text is in the page as well.
fn assert_alike(mail: &Email, kind: MailKind) {
    let page = mail.html.replace("&#34;", "\"").replace("&#39;", "'").replace("</strong>", "").replace("&#38;", "&");
    for line in mail.text.lines() {
        let line = line.trim_start_matches("- ").trim_end_matches(':');
        assert!(page.contains(line), "{kind:?}: {line} is not in {page}");
    }
}

#[apply(on_both_engines!)]
async fn every_mail_to_the_staff_is_in_the_language_that_they_chose_else_in_the_studios_else_in_english(
    studio: Studio,
) {
    let ana = studio.add_staff(studio.id, "ana@casa.example", Role::Owner).await;
    let key = studio.key(secret(&[ClassesRead])).await.stored.id.to_string();
    for kind in TO_STAFF {
        let written = async || written(&studio, kind, Recipient::staff(ana), &key).await;
        set_language(&studio, ana, None).await;
        set_locale(&studio, "pt-PT").await;
        let english = written().await;
        set_locale(&studio, "de-AT").await;
        let german = written().await;
        assert_translated(&english, &german, "de", kind);
        assert_alike(&english, kind);
        assert_alike(&german, kind);
        set_language(&studio, ana, Some("english")).await;
        assert_eq!(written().await.subject, english.subject, "{kind:?}: the account's choice counts");
        set_locale(&studio, "en").await;
        set_language(&studio, ana, Some("german")).await;
        assert_eq!(written().await.subject, german.subject, "{kind:?}: the account's choice counts");
    }
}

#[apply(on_both_engines!)]
async fn every_mail_to_a_member_is_in_the_language_that_they_signed_in_in_else_in_the_studios_else_in_english(
    studio: Studio,
) {
    let server = studio.server(PEOPLE).await;
    let sent = json!({"email": "rui@member.example", "first_name": "Rui"});
    let member = server.post("/v1/members/invites", sent).await.expect(201)["id"].as_str().expect("an id").to_owned();
    let signed_in_in = async |language: Option<&str>| {
        set(&studio, "update members set language = $2 where id = $1", member.clone(), language).await;
    };
    for kind in TO_MEMBERS {
        let written = async || written(&studio, kind, Recipient::Member(member.clone()), &member).await;
        signed_in_in(None).await;
        set_locale(&studio, "xx").await;
        let english = written().await;
        for (language, tag, locale) in LANGUAGES {
            signed_in_in(None).await;
            set_locale(&studio, locale).await;
            let of_studio = written().await;
            assert_translated(&english, &of_studio, tag, kind);
            assert_alike(&of_studio, kind);
            set_locale(&studio, "en").await;
            signed_in_in(Some(language)).await;
            assert_eq!(written().await.subject, of_studio.subject, "{kind:?} {tag}: the member's own counts");
        }
    }
}
