//! Content, which an import makes.

use serde_json::json;

use super::{import, refusal, rows, tally};
use crate::cli::gateway::on_both_engines;

#[apply(on_both_engines!)]
fn content_is_made_and_changed_by_files_and_comes_back_the_same(home: Home) {
    home.studio("casa");
    let plan =
        r#"{"id": "pln_01jdc9x0aetqt8q3yv0gcm1v5k", "name": "Monthly", "price": {"amount": 5900, "currency": "EUR"}}"#;
    import(&home, "plans.jsonl", plan, &[]).done();
    let sheet = "External ID,Title,Kind,Media URL,Duration seconds,Tags,Access,Plan IDs,Status\n\
        n,Neck,audio,https://media.studio.example/neck.mp3,612,Mobility; Short,plans,pln_01jdc9x0aetqt8q3yv0gcm1v5k,published\n\
        b,Back,,,,,,,\n";
    assert_eq!(tally(&home, "content.csv", sheet, &[]), [2, 0, 0]);
    let made = rows(&home, "content");
    assert_eq!(
        (&made[0]["tags"], &made[0]["plan_ids"]),
        (&json!(["Mobility", "Short"]), &json!(["pln_01jdc9x0aetqt8q3yv0gcm1v5k"]))
    );
    assert!(made[0]["published_at"].is_string());
    assert_eq!(
        (&made[1]["kind"], &made[1]["status"], &made[1]["published_at"]),
        (&json!("video"), &json!("draft"), &json!(null))
    );
    assert_eq!(tally(&home, "content.csv", sheet, &[]), [0, 0, 2]);
    let lines = made.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(tally(&home, "content.jsonl", &lines, &[]), [0, 0, 2]);
    assert_eq!(tally(&home, "content.csv", "external_id,status\nb,published\n", &[]), [0, 1, 0]);
    assert!(rows(&home, "content")[1]["published_at"].is_string());
}

#[apply(on_both_engines!)]
fn a_line_that_would_open_what_is_for_some_is_refused(home: Home) {
    home.studio("casa");
    let said = refusal(
        &home,
        "content.csv",
        "title,access,plan_ids,instructor_id\n\
        A,plans,,\nB,,pln_01jdc9x0aetqt8q3yv0gcm1v5k,\nC,,,ins_01jdc9x0aetqt8q3yv0gcm1v5k\n",
    );
    for told in [
        "content.csv:2: plan_ids: must name",
        "content.csv:3: plan_ids: must be empty",
        "content.csv:4: instructor_id: names no instructor",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(rows(&home, "content").is_empty());
}
