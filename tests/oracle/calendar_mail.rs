//! A mail about a booking, and its calendar file, as Python's e-mail parser and the `icalendar` package read them.

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::python_with;
use crate::{
    mail::sending::{SOON, mailer},
    members::bookings::{at, book, crowd, mails::wall_clock, with_a_class},
    resources::{classes::id, schedule::at as instant},
    support::{
        needs::Need,
        smtp::MailServer,
        studio::{on_both_engines, within},
    },
};

pub(super) const ICALENDAR: Need = Need { program: "python3 with icalendar", variable: "FLOW_TEST_ORACLE" };

/// What a script of this folder says of a text.
pub(super) fn read(python: &Path, script: &str, raw: &str) -> Value {
    let mut child = Command::new(python)
        .arg(format!("{}/tests/oracle/{script}", env!("CARGO_MANIFEST_DIR")))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    child.stdin.take().expect("its input").write_all(raw.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "python failed: {}", output.status);
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[apply(on_both_engines!)]
async fn python_reads_the_calendar_file_that_was_written(studio: Studio) {
    let Some(python) = python_with("icalendar") else { return ICALENDAR.is_missing() };
    let name = format!("Yin; Yang, „Zoë“ \\ {}", "Übung ".repeat(12));
    let (studio, _, occurrence) = with_a_class(studio, json!({"name": name.trim()})).await;
    let mail = MailServer::open().await;
    let sending = studio.instance_with(mailer(&mail)).await;
    let member = crowd(&studio, 1).await.remove(0).at(&studio).await;
    let booking = book(&member, &occurrence).await.expect(201);
    let taken = async |count: usize| {
        within(SOON, async || {
            sending.app.outbox_signal.notify();
            mail.taken().len() == count
        })
        .await;
        mail.taken()[count - 1].clone()
    };
    let first = taken(1).await;
    member.delete(&at(&booking)).await.expect(200);
    let second = taken(2).await;
    let time = |field: &str| instant(&occurrence, field).timestamp().strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    for (mail, method, sequence, status) in [(first, "REQUEST", 0, "CONFIRMED"), (second, "CANCEL", 1, "CANCELLED")] {
        let read = read(&python, "calendar_mail.py", &mail.raw);
        let structure = ["multipart/mixed", "multipart/alternative", "text/plain", "text/html", "text/calendar"];
        let structure: Vec<_> = structure.into_iter().chain(["application/ics"]).collect();
        assert_eq!(read["structure"], json!(structure));
        for said in [&read["subject"], &read["said"]["plain"], &read["said"]["html"]] {
            assert!(said.as_str().is_some_and(|said| said.contains(&wall_clock(&occurrence))), "{said}");
        }
        for (calendar, (kind, asked, file)) in read["calendars"]
            .as_array()
            .unwrap()
            .iter()
            .zip([("text/calendar", json!(method), json!(null)), ("application/ics", json!(null), json!("class.ics"))])
        {
            let expected = json!({"type": kind, "asked": asked, "filename": file, "method": method, "events": 1,
                "errors": [], "uid": format!("{}@{}", id(&booking), studio.id), "sequence": sequence,
                "status": status, "summary": name.trim(), "start": time("starts_at"), "end": time("ends_at"),
                "stamped": 0.0, "organizer": "mailto:no-reply@127.0.0.1",
                "attendee": format!("mailto:{}", mail.to[0])});
            assert_eq!(calendar, &expected);
        }
    }
}
