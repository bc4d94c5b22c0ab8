//! How findings are printed: as text, JSON and SARIF.

use serde_json::{Value, json};

use super::{Home, archives::zip, file, key, masked};

#[test]
fn sarif_names_the_rule_the_file_and_the_line() {
    let home = Home::on_sqlite();
    let (plain, packed) = (key(), key());
    file(&home, "a dir/é.env", format!("\n  {plain}"));
    file(&home, "a dir/b.zip", zip("x", packed.as_bytes()));
    let ended = home.run(&["scan", "a dir", "--format", "sarif"]);
    assert_eq!(ended.code, Some(1));
    let told: Value = serde_json::from_str(&ended.out).expect("JSON");
    assert_eq!((&told["version"], told["runs"].as_array().map(Vec::len)), (&json!("2.1.0"), Some(1)));
    let run = &told["runs"][0];
    assert_eq!(run["tool"]["driver"]["rules"][0]["id"], "flow-secret-key");
    let results = run["results"].as_array().expect("results");
    let location = |number: usize| results[number]["locations"][0]["physicalLocation"].clone();
    assert_eq!(location(0), json!({"artifactLocation": {"uri": "a%20dir/b.zip"}}));
    let region = json!({"startLine": 2, "startColumn": 3});
    assert_eq!(location(1), json!({"artifactLocation": {"uri": "a%20dir/%C3%A9.env"}, "region": region}));
    assert!(results.iter().all(|row| row["ruleId"] == "flow-secret-key" && row["level"] == "error"));
    assert!(!ended.out.contains(&plain[..30]) && !ended.out.contains(&packed[..30]));
    let none = home.run(&["scan", "flow.txt", "--format", "sarif"]);
    assert_eq!(none.code, Some(2));
    file(&home, "flow.txt", "nothing");
    let none = home.run(&["scan", "flow.txt", "--format", "sarif"]).json();
    assert_eq!(none["runs"][0]["results"], json!([]));
}

#[test]
fn a_name_that_could_move_the_cursor_or_turn_the_text_is_shown_without_that() {
    let home = Home::on_sqlite();
    let key = key();
    file(&home, "a/x\u{202e}y\u{9b}2J", &key);
    file(&home, "a/cut\u{200f}\u{85}.gz", [0x1f, 0x8b, 8, 0]);
    for format in ["text", "json", "sarif"] {
        let ended = home.run(&["scan", "a", "--format", format]);
        assert_eq!(ended.code, Some(1));
        for odd in ['\u{202e}', '\u{9b}', '\u{200f}', '\u{85}'] {
            assert!(!ended.out.contains(odd) && !ended.err.contains(odd), "{format}: {ended:?}");
        }
    }
    let text = home.run(&["scan", "a"]);
    assert_eq!(text.out, format!("a/x\u{fffd}y\u{fffd}2J:1:1: {}\n", masked(&key)));
    let json: Value = serde_json::from_str(&home.run(&["scan", "a", "--format", "json"]).out).expect("JSON");
    assert_eq!(json["findings"][0]["path"], "a/x\u{202e}y\u{9b}2J", "a program reads the name as it is");
}

#[test]
fn sarif_is_valid_by_the_standard_s_schema() {
    let home = Home::on_sqlite();
    file(&home, "a/plain.env", format!("\n  {}", key()));
    file(&home, "a/packed.zip", zip("x", key().as_bytes()));
    file(&home, "a/cut.gz", [0x1f, 0x8b, 8, 0]);
    file(&home, "none/x", "nothing");
    let schema: Value = serde_json::from_str(include_str!("sarif-2.1.0.json")).expect("JSON");
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    let sarif = |path: &str| -> Value {
        serde_json::from_str(&home.run(&["scan", path, "--format", "sarif"]).out).expect("JSON")
    };
    let mut found = sarif("a");
    for told in [&found, &sarif("none")] {
        let faults: Vec<_> =
            validator.iter_errors(told).map(|fault| format!("{fault} at {}", fault.instance_path())).collect();
        assert_eq!(faults, [] as [&str; 0], "{told}");
    }
    let run = &found["runs"][0];
    let results = run["results"].as_array().expect("results");
    assert_eq!(
        (results.len(), run["invocations"][0]["toolExecutionNotifications"].as_array().map(Vec::len)),
        (2, Some(1))
    );
    for result in results {
        let number = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("a small one");
        assert_eq!(run["tool"]["driver"]["rules"][number]["id"], result["ruleId"]);
    }
    // The schema does refuse what the standard requires and is not there.
    found["runs"][0]["results"][0].as_object_mut().expect("a result").remove("message");
    assert!(!validator.is_valid(&found));
}
