//! `activity`: the calls that came with a studio's keys.

use serde_json::{Value, json};

use super::gateway::{Home, on_both_engines, wait_until};

fn calls(home: &Home, flags: &[&str]) -> Vec<Value> {
    let out = home.run(&[&["activity", "--studio", "casa"][..], flags].concat()).done();
    out.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[apply(on_both_engines!)]
fn calls_are_printed_oldest_first_and_chosen_by_filters(home: Home) {
    home.studio("casa");
    let (key, other) = (home.secret_key("classes:read"), home.secret_key("classes:read"));
    let server = home.serve(&[]);
    assert_eq!(server.call("management", "/v1/classes?q=private", &key["key"], &[("x-request-id", "first")]).0, 200);
    assert_eq!(server.call("management", "/v1/plans", &key["key"], &[]).0, 403);
    assert_eq!(server.call("management", "/v1/classes", &other["key"], &[]).0, 200);
    assert_eq!(server.stop().0, Some(0));
    let all = calls(&home, &[]);
    let told: Vec<_> = all.iter().map(|call| (&call["operation"], &call["status"], &call["refused"])).collect();
    assert_eq!(
        told,
        [
            (&json!("managementListClasses"), &json!(200), &json!(false)),
            (&json!("managementListPlans"), &json!(403), &json!(true)),
            (&json!("managementListClasses"), &json!(200), &json!(false)),
        ]
    );
    assert_eq!((&all[0]["request_id"], &all[0]["network"]), (&json!("first"), &json!("127.0.0.0/24")));
    assert_eq!(calls(&home, &["--refused"]), [all[1].clone()]);
    assert_eq!(calls(&home, &["--code", "insufficient_scope"]), [all[1].clone()]);
    assert_eq!(calls(&home, &["--key", other["id"].as_str().expect("an id")]), [all[2].clone()]);
    assert_eq!(calls(&home, &["--operation", "managementListPlans"]), [all[1].clone()]);
    assert_eq!(calls(&home, &["--limit", "2"]), all[1..]);
    let second = all[1]["at"].as_str().expect("an instant");
    assert_eq!(calls(&home, &["--since", second]), all[1..]);
    assert_eq!(calls(&home, &["--until", second, "--json"]), all[..1]);
}

#[apply(on_both_engines!)]
fn a_wrong_filter_is_named(home: Home) {
    home.studio("casa");
    for (flags, named) in [
        (["--code", "nonsense"], "no such error code"),
        (["--since", "yesterday"], "--since"),
        (["--key", "flow_sk_1"], "--key"),
        (["--limit", "0"], "--limit"),
    ] {
        let error = home.run(&[&["activity", "--studio", "casa"][..], &flags].concat()).fails(2);
        assert!(error.contains(named), "{error}");
    }
    home.run(&["activity", "--studio", "nobody"]).fails(1);
}

#[apply(on_both_engines!)]
fn what_was_written_stands_after_a_kill(home: Home) {
    home.studio("casa");
    let key = home.secret_key("classes:read");
    let server = home.serve(&[]);
    for _ in 0..5 {
        server.call("management", "/v1/classes", &key["key"], &[]);
    }
    // Written about once a second; what came in the last second may be lost.
    wait_until(|| calls(&home, &[]).len() == 5, || "five calls are written".into());
    server.call("management", "/v1/classes", &key["key"], &[]);
    // Dropped, it is killed.
    drop(server);
    assert!((5..=6).contains(&calls(&home, &[]).len()));
    let server = home.serve(&[]);
    server.call("management", "/v1/classes", &key["key"], &[]);
    assert_eq!(server.stop().0, Some(0));
    assert!((6..=7).contains(&calls(&home, &[]).len()));
}
