//! A form is an input like JSON: the same schema, the same draft, the same rules.

use flow_gateway::{
    operation::write::{Change, New},
    resources::{classes::Class, instructors::Instructor},
    store::{clock::Clock, moment::Moment, row::Row},
    wire::{form::Fields, problem::Problem},
};

use crate::support::studio::Studio;

/// What a page would send.
fn form(fields: &[(&str, &str)]) -> Fields {
    let body = fields.iter().map(|(name, text)| format!("{name}={}", text.replace(' ', "+"))).collect::<Vec<_>>();
    Fields::parse(body.join("&").as_bytes()).expect("a form")
}

async fn now() -> Moment {
    let studio = Studio::on_sqlite().await;
    studio.app.db.begin_write(&Clock::default()).await.expect("a transaction").1
}

fn pointers(refused: &Problem) -> Vec<&str> {
    refused.errors().iter().map(|fault| fault.pointer.as_str()).collect()
}

#[tokio::test]
async fn a_form_makes_the_row_that_the_same_json_makes() {
    let sent = [
        ("name", "Vinyasa"),
        ("duration_minutes", "60"),
        ("capacity", ""),
        ("tags", "slow"),
        ("tags", "warm"),
        ("recurrence/starts_on", "2026-03-02"),
        ("recurrence/weekly/0/weekday", "monday"),
        ("recurrence/weekly/0/start_time", "18:30"),
    ];
    let class = New::<Class>::from_form(form(&sent)).unwrap().draft(now().await).validated().expect("a class").fields;
    let json = serde_json::json!({"name": "Vinyasa", "duration_minutes": 60, "tags": ["slow", "warm"],
        "recurrence": {"starts_on": "2026-03-02", "weekly": [{"weekday": "monday", "start_time": "18:30"}]}});
    let by_json = New::<Class>::of(json).unwrap().draft(now().await).validated().expect("a class").fields;
    assert!(class == by_json, "{}", serde_json::to_value(&class).unwrap());
}

#[tokio::test]
async fn a_faults_pointer_is_the_name_of_its_field() {
    let sent = [
        ("name", " "),
        ("duration_minutes", "an hour"),
        ("recurrence/starts_on", "tomorrow"),
        ("recurrence/weekly/0/weekday", "mon"),
        ("colour", "red"),
    ];
    let refused = New::<Class>::from_form(form(&sent)).unwrap().draft(now().await).validated().map(drop).unwrap_err();
    for (name, _) in sent {
        assert!(pointers(&refused).contains(&format!("/{name}").as_str()), "{name}: {:?}", pointers(&refused));
    }
}

#[tokio::test]
async fn a_form_that_changes_a_row_keeps_what_it_does_not_hold_and_clears_what_is_empty() {
    let now = now().await;
    let made = [("display_name", "Rita"), ("bio", "Breath."), ("phone", "+351 21 000 0000")];
    let row: Row<Instructor> = New::from_form(form(&made)).unwrap().draft(now).validated().expect("an instructor");
    let change = Change::<Instructor>::from_form(form(&[("display_name", "Rita Sousa"), ("phone", "")]));
    let changed = change.onto(&row, now).unwrap().validated().expect("changed").fields;
    assert_eq!((changed.display_name.as_str(), changed.bio.as_deref()), ("Rita Sousa", Some("Breath.")));
    assert!(changed.phone.is_none());
}
