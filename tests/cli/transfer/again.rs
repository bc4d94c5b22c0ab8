//! The same spreadsheet, again and again: what was decided here stays.

use serde_json::{Value, json};

use super::{import, refusal, rows, tally};
use crate::cli::gateway::{Home, Running, call, on_both_engines};

const SHEET: &str = "Client ID,E-mail,Phone,Plan,Status,Newsletter\n\
    7,rui@mail.example,+351 91 000,m,active,yes\n8,ana@mail.example,,m,active,yes\n";

/// A studio with a plan, a server, and a key that writes members.
fn open(home: &Home) -> (Running, String) {
    home.studio("casa");
    import(home, "plans.csv", "External ID,Name,Price.amount,Price.currency\nm,Monthly,5900,EUR\n", &[]).done();
    let key = home.secret_key("members:read,members:write,coupons:write")["key"].as_str().expect("a key").to_owned();
    (home.serve(&[]), key)
}

fn ask((server, key): &(Running, String), method: &str, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/v1/{path}", server.at["management"]);
    call(method, &url, key, &[("content-type", "application/json")], Some(&body.to_string()))
}

fn member(home: &Home, external_id: &str) -> Value {
    rows(home, "members").into_iter().find(|row| row["external_id"] == external_id).expect("the member")
}

fn id_of(home: &Home, external_id: &str) -> String {
    member(home, external_id)["id"].as_str().expect("an id").to_owned()
}

#[apply(on_both_engines!)]
fn a_line_that_says_what_it_said_undoes_nothing(home: Home) {
    let at = open(&home);
    assert_eq!(tally(&home, "members.csv", SHEET, &[]), [2, 0, 0]);
    let rui = id_of(&home, "7");
    assert_eq!(ask(&at, "PATCH", &format!("members/{rui}"), &json!({"marketing_consent": false})).0, 200);
    assert_eq!(ask(&at, "POST", &format!("members/{rui}/cancel"), &json!({})).0, 200);
    let before = rows(&home, "members");
    let told = import(&home, "members.csv", SHEET, &["--dry-run", "--json"]).json();
    let wanted = json!([{"line": 2, "id": rui, "overrides": [], "keeps": ["marketing_consent", "status"]}]);
    assert_eq!((&told["files"][0]["unchanged"], &told["files"][0]["lines"]), (&json!(2), &wanted));
    assert_eq!(tally(&home, "members.csv", SHEET, &[]), [0, 0, 2]);
    assert_eq!(rows(&home, "members"), before);

    // What a line says anew it changes, and that alone.
    let sheet = SHEET.replace("+351 91 000", "+351 91 001");
    let ended = import(&home, "members.csv", &sheet, &[]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(
        ended.err.contains("members.csv:2: overrides phone; keeps marketing_consent, status as it is here"),
        "{}",
        ended.err
    );
    let after = member(&home, "7");
    assert_eq!(
        (&after["phone"], &after["status"], &after["marketing_consent"]),
        (&json!("+351 91 001"), &json!("cancelled"), &json!(false))
    );
    // Somebody who left there and comes back there is a member again.
    for (status, wanted) in [("cancelled", "cancelled"), ("active", "active")] {
        import(&home, "members.csv", &sheet.replacen("active", status, 1), &[]).done();
        assert_eq!(member(&home, "7")["status"], wanted);
    }
    assert_eq!(member(&home, "7")["marketing_consent"], false);
}

#[apply(on_both_engines!)]
fn a_consent_that_was_withdrawn_here_is_never_given_by_a_file(home: Home) {
    let at = open(&home);
    let made = json!({"email": "rui@mail.example", "external_id": "7", "marketing_consent": true});
    assert_eq!(ask(&at, "POST", "members/invites", &made).0, 201);
    let rui = id_of(&home, "7");
    assert_eq!(ask(&at, "PATCH", &format!("members/{rui}"), &json!({"marketing_consent": false})).0, 200);
    for value in ["yes", "no", "yes"] {
        import(&home, "members.csv", &format!("Client ID,Newsletter\n7,{value}\n"), &[]).done();
        assert_eq!(member(&home, "7")["marketing_consent"], false);
    }
    // Where none was ever withdrawn, a file may tell of one.
    import(&home, "members.csv", "Client ID,E-mail,Newsletter\n8,ana@mail.example,no\n", &[]).done();
    import(&home, "members.csv", "Client ID,Newsletter\n8,yes\n", &[]).done();
    assert_eq!(member(&home, "8")["marketing_consent"], true);
}

#[apply(on_both_engines!)]
fn who_was_erased_comes_back_by_their_own_wish_alone(home: Home) {
    let at = open(&home);
    import(&home, "members.csv", SHEET, &[]).done();
    let rui = id_of(&home, "7");
    home.run(&["members", "erase", "--studio", "casa", "--yes", "rui@mail.example"]).done();
    let said = refusal(&home, "members.csv", SHEET);
    assert!(
        said.contains("members.csv:2: email: is that of an erased person") && said.contains("members readmit"),
        "{said}"
    );
    let said = refusal(&home, "members.csv", "Client ID,E-mail\n8,RUI@mail.example\n");
    assert!(said.contains("members.csv:2: email: The person with this `email` was erased"), "{said}");
    let invited = |email: &str| ask(&at, "POST", "members/invites", &json!({"email": email}));
    let (status, problem) = invited("Rui@mail.example");
    assert_eq!((status, &problem["code"]), (409, &json!("person_erased")));
    let ana = id_of(&home, "8");
    assert_eq!(
        ask(&at, "PATCH", &format!("members/{ana}"), &json!({"email": "rui@mail.example"})).1["code"],
        "person_erased"
    );
    let (status, problem) = invited(&format!("{rui}@erased.invalid"));
    assert_eq!((status, &problem["errors"][0]["pointer"]), (422, &json!("/email")));
    assert!(
        refusal(&home, "members.csv", &format!("E-mail\n{rui}@erased.invalid\n"))
            .contains("members.csv:2: email: must be an address")
    );

    assert!(home.run(&["members", "readmit", "--studio", "casa", "ana@mail.example"]).fails(1).contains("nobody"));
    home.run(&["members", "readmit", "--studio", "casa", "RUI@mail.example"]).done();
    assert_eq!(invited("rui@mail.example").0, 201);
}

#[apply(on_both_engines!)]
fn what_was_removed_here_stays_removed(home: Home) {
    let at = open(&home);
    let sheet = "External ID,Code,Percent off\ns,SPRING,20\n";
    assert_eq!(tally(&home, "coupons.csv", sheet, &[]), [1, 0, 0]);
    let coupon = rows(&home, "coupons")[0]["id"].as_str().expect("an id").to_owned();
    assert_eq!(ask(&at, "DELETE", &format!("coupons/{coupon}"), &json!(null)).0, 204);
    let told = import(&home, "coupons.csv", sheet, &["--json"]).json();
    assert_eq!(told["files"][0]["lines"][0]["removed"], true, "{told}");
    assert!(rows(&home, "coupons").is_empty());
    assert_eq!(tally(&home, "coupons.csv", &sheet.replace("20", "30"), &[]), [1, 0, 0], "it says something else");
}

#[apply(on_both_engines!)]
fn whoever_becomes_a_member_has_a_first_day(home: Home) {
    let at = open(&home);
    import(
        &home,
        "members.csv",
        "Client ID,E-mail,Plan,Status\n7,rui@mail.example,m,active\n8,ana@mail.example,m,paused\n",
        &[],
    )
    .done();
    for id in ["7", "8"] {
        assert!(member(&home, id)["starts_on"].is_string(), "{id}");
    }
    let rui = id_of(&home, "7");
    let (_, leaving) = ask(&at, "POST", &format!("members/{rui}/cancel"), &json!({"when": "period_end"}));
    assert_eq!(
        (&leaving["status"], leaving["cancel_on"].is_string()),
        (&json!("active"), true),
        "the month is paid: {leaving}"
    );
    import(&home, "members.csv", "Client ID,E-mail,Status,Ends on\n9,eva@mail.example,active,2020-01-31\n", &[]).done();
    assert_eq!(member(&home, "9")["starts_on"], Value::Null, "it is over");
}
