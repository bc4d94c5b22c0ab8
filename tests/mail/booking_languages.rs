//! Every mail about a booking, in each of the members' languages.

use flow_gateway::{
    mail::{
        email::Email,
        outbox::{self, MailKind, Unsent},
    },
    wire::language::Language::{self, English, French, German, Italian, Portuguese, Spanish},
};
use serde_json::json;

use crate::{
    members::bookings::{book, crowd, with_a_class},
    resources::members::outbox as unsent,
    support::{
        studio::{Studio, on_both_engines},
        translated::untranslated,
    },
};

const LANGUAGES: [(Language, &str); 6] =
    [(English, "en"), (German, "de"), (French, "fr"), (Spanish, "es"), (Italian, "it"), (Portuguese, "pt")];

/// Each kind of mail, with what has become of the booking: its status, who cancelled it, and whether its class was moved.
const CASES: [(MailKind, &str, Option<&str>, bool); 15] = [
    (MailKind::BookingConfirmed, "booked", None, false),
    (MailKind::BookingConfirmed, "booked", None, true),
    (MailKind::BookingPromoted, "booked", None, false),
    (MailKind::BookingPromoted, "booked", None, true),
    (MailKind::PlaceOffered, "waiting", None, false),
    (MailKind::BookingMoved, "booked", None, true),
    (MailKind::BookingMoved, "waiting", None, true),
    (MailKind::BookingCancelled, "cancelled", Some("member"), false),
    (MailKind::BookingCancelled, "late_cancelled", Some("member"), false),
    (MailKind::BookingCancelled, "cancelled", Some("occurrence"), false),
    (MailKind::BookingCancelled, "cancelled", Some("membership"), false),
    (MailKind::BookingCancelled, "cancelled", Some("staff"), false),
    (MailKind::WaitingEnded, "cancelled", Some("occurrence"), false),
    (MailKind::WaitingEnded, "cancelled", Some("membership"), false),
    (MailKind::WaitingEnded, "cancelled", Some("staff"), false),
];

/// What the mails of all languages share: what the studio wrote.
const WRITTEN_BY_THE_STUDIO: [&str; 4] = ["Test Studio", "Yin on Mondays", "Garden room, Alfama", "No water."];

/// A mail about a booking, as it waits to be sent.
async fn waiting(studio: Studio) -> (Studio, Unsent) {
    let (studio, _, occurrence) = with_a_class(studio, json!({"name": "Yin on Mondays"})).await;
    let member = crowd(&studio, 1).await.remove(0).at(&studio).await;
    book(&member, &occurrence).await.expect(201);
    let id = unsent(&studio).await[0].id;
    let mut tx = studio.app.db.begin().await.unwrap();
    let (mail, _) = outbox::open(tx.on().of(studio.id), id).await.unwrap().expect("the mail");
    tx.commit().await.unwrap();
    (studio, mail)
}

/// The mail of a case in a language.
fn written(
    mail: &Unsent,
    (kind, status, by, moved): (MailKind, &str, Option<&str>, bool),
    language: Language,
) -> Email {
    let mut mail = Unsent { kind, member_language: Some(language), ..mail.clone() };
    let booking = mail.booking.as_mut().expect("a booking");
    status.clone_into(&mut booking.status);
    booking.cancelled_by = by.map(str::to_owned);
    booking.cancel_reason = Some("No water.".to_owned());
    mail.moved_from = moved.then(|| booking.starts_at.minus(std::time::Duration::from_hours(24)));
    Email::write(&mail, None).expect("written")
}

#[apply(on_both_engines!)]
async fn no_english_is_left_in_any_language_and_every_place_is_filled(studio: Studio) {
    let (_studio, mail) = waiting(studio).await;
    for case in CASES {
        let english = written(&mail, case, English);
        for (language, tag) in LANGUAGES {
            let said = written(&mail, case, language);
            for text in [&said.subject, &said.text, &said.html] {
                assert!(!text.contains(['{', '}']) && text.contains("Yin on Mondays"), "{case:?} {tag}: {text}");
                assert!(text.contains("(Europe/Lisbon)"), "{case:?} {tag}: {text}");
            }
            assert!(said.html.contains(&format!("<html lang=\"{tag}\">")), "{case:?} {tag}");
            assert_eq!(said.text.contains("No water."), case.2 == Some("occurrence"), "{case:?} {tag}");
            if language == English {
                continue;
            }
            let mut same = untranslated(&english.html, &said.html);
            same.retain(|text| !WRITTEN_BY_THE_STUDIO.contains(&text.as_str()));
            assert_eq!(same, Vec::<String>::new(), "{case:?} {tag}");
            let lines = said.text.lines().filter(|line| !WRITTEN_BY_THE_STUDIO.contains(line) && !line.is_empty());
            lines.for_each(|line| assert!(!english.text.contains(line), "{case:?} {tag}: {line}"));
            assert_ne!(english.subject, said.subject, "{case:?} {tag}");
        }
    }
}

#[apply(on_both_engines!)]
async fn the_cases_say_different_things_and_a_moved_one_says_both_times_everywhere(studio: Studio) {
    let (_studio, mail) = waiting(studio).await;
    for (language, tag) in LANGUAGES {
        let mut said: Vec<_> = CASES.iter().map(|case| written(&mail, *case, language).text).collect();
        said.sort();
        said.dedup();
        assert_eq!(said.len(), CASES.len(), "{tag}: each case has words of its own");
        for case in CASES.into_iter().filter(|case| case.3) {
            let booking = mail.booking.as_ref().expect("a booking");
            let zone = booking.time_zone.rules().expect("a zone");
            let times = [booking.starts_at, booking.starts_at.minus(std::time::Duration::from_hours(24))];
            for at in times.map(|at| language.date_time(zone.to_datetime(at.timestamp()))) {
                let mail = written(&mail, case, language);
                for text in [&mail.subject, &mail.text, &mail.html] {
                    assert!(text.contains(&at), "{case:?} {tag}: {at} is not in {text}");
                }
            }
        }
    }
}
