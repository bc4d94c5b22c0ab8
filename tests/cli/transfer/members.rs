//! Members, as another platform has them.

use serde_json::{Value, json};

use super::{exported, import, refusal, rows, tally};
use crate::cli::gateway::on_both_engines;

/// How another platform writes them.
const SHEET: &str = "\u{feff}Client ID;First Name;Last Name;E-Mail Address;Mobile Phone;Date of Birth;Newsletter;Tags\r\n\
    1001;Clara;Nunes;Clara@Mail.example;+351 91 555 0101;1990-05-17;yes;Morning, Yin\r\n\
    1002;Rui;Ávila;rui@mail.example;;;No;\r\n";

on_both_engines! {
    fn who_is_brought_along_is_a_member_and_gets_no_mail(home: Home) {
        home.studio("casa");
        assert_eq!(tally(&home, "members.csv", SHEET, &[]), [2, 0, 0]);
        let [clara, rui] = <[Value; 2]>::try_from(rows(&home, "members")).expect("two");
        for (field, value) in [("external_id", json!("1001")), ("first_name", json!("Clara")), ("email", json!("Clara@Mail.example")),
            ("tags", json!(["Morning", "Yin"])),
            ("phone", json!("+351 91 555 0101")), ("birth_date", json!("1990-05-17")), ("marketing_consent", json!(true)), ("status", json!("active"))] {
            assert_eq!(clara[field], value, "{field}");
        }
        assert_eq!((&rui["last_name"], &rui["marketing_consent"], &rui["status"]), (&json!("Ávila"), &json!(false), &json!("active")));
        assert!(rui["starts_on"].is_string(), "from today on");
        assert_eq!(home.run(&["outbox", "list", "--studio", "casa", "--json"]).json(), json!([]));
        assert_eq!(tally(&home, "members.csv", SHEET, &[]), [0, 0, 2], "the same again changes nothing");
        assert_eq!(tally(&home, "members.csv", "member id,email\n1002,rui@new.example\n", &[]), [0, 1, 0]);
        assert_eq!(home.run(&["outbox", "list", "--studio", "casa", "--json"]).json(), json!([]));
    }

    fn a_status_that_is_told_is_kept_and_all_of_a_membership_comes_back(home: Home) {
        home.studio("casa");
        home.studio("copy");
        let plan = r#"{"id": "pln_01jdc9x0aetqt8q3yv0gcm1v5k", "name": "Monthly", "price": {"amount": 5900, "currency": "EUR"}, "status": "archived"}"#;
        import(&home, "plans.jsonl", plan, &[]).done();
        let lines = [
            json!({"email": "a@mail.example", "status": "invited"}),
            json!({"email": "b@mail.example", "status": "paused", "starts_on": "2020-01-01", "plan_id": "pln_01jdc9x0aetqt8q3yv0gcm1v5k"}),
            json!({"email": "c@mail.example", "status": "cancelled", "cancel_on": "2024-01-31", "cancelled_at": "2024-02-01T00:00:00Z", "cancel_reason": "Moves"}),
            json!({"email": "d@mail.example", "status": "expired", "ends_on": "2024-01-31", "last_signed_in_at": "2024-01-30T10:00:00.5Z"}),
            json!({"email": "mbr_01jdc9x0aetqt8q3yv0gcm1v5k@erased.invalid", "id": "mbr_01jdc9x0aetqt8q3yv0gcm1v5k", "status": "cancelled"}),
        ];
        let text: Vec<_> = lines.iter().map(Value::to_string).collect();
        assert_eq!(tally(&home, "members.jsonl", &text.join("\n"), &[]), [5, 0, 0]);
        // By the order of their ids, the one who was erased came first.
        let mut told = rows(&home, "members");
        told.rotate_left(1);
        for (row, line) in told.iter().zip(&lines) {
            assert_eq!((&row["status"], &row["plan_id"]), (&line["status"], &line["plan_id"]));
        }
        let files = exported(&home, "casa", "out");
        home.run(&["import", "--studio", "copy", &home.path("out").display().to_string()]).done();
        assert_eq!(exported(&home, "copy", "again"), files);
    }

    fn nobody_is_a_member_twice(home: Home) {
        home.studio("casa");
        let said = refusal(&home, "members.csv", "email\na@mail.example\nb@mail.example\nA@Mail.example\n");
        assert!(said.contains("members.csv:4: email: is that of line 2, too"), "{said}");
        assert_eq!(tally(&home, "members.csv", "email\na@mail.example\n", &[]), [1, 0, 0]);
        let said = refusal(&home, "members.csv", "email,plan_id,birth_date,starts_on,ends_on\n\
            A@mail.example,pln_01jdc9x0aetqt8q3yv0gcm1v5k,2190-01-01,2026-01-02,2026-01-01\nmbr_x@erased.invalid,,,,\n");
        for told in ["members.csv:2: email: is that of another member", "members.csv:2: plan_id: names no plan", "members.csv:2: birth_date: must not be",
            "members.csv:2: ends_on: must not be", "members.csv:3: email: must be an address that mail"] {
            assert!(said.contains(told), "{told}: {said}");
        }
        assert_eq!(rows(&home, "members").len(), 1);
    }

    fn thousands_come_in_at_once(home: Home) {
        home.studio("casa");
        let lines: Vec<_> = (0..3000).map(|number| format!("{number},member{number}@mail.example,Name {number}")).collect();
        assert_eq!(tally(&home, "members.csv", &format!("client id,email,first name\n{}", lines.join("\n")), &[]), [3000, 0, 0]);
        assert_eq!(rows(&home, "members").len(), 3000);
    }

    fn coupons_come_back_with_what_was_redeemed(home: Home) {
        home.studio("casa");
        let line = r#"{"code": "Spring-20", "percent_off": 20, "redeemed_count": 3, "max_redemptions": 5, "external_id": "s"}"#;
        assert_eq!(tally(&home, "coupons.jsonl", line, &[]), [1, 0, 0]);
        let row = rows(&home, "coupons").remove(0);
        assert_eq!((&row["redeemed_count"], &row["kind"], row.get("status")), (&json!(3), &json!("percent"), None));
        assert_eq!(tally(&home, "coupons.jsonl", &row.to_string(), &[]), [0, 0, 1]);
        assert!(refusal(&home, "coupons.jsonl", &line.replace("20,", "30,")).contains("coupons.jsonl:1: A coupon is not changed"));
        assert!(refusal(&home, "coupons.csv", "code,percent_off\nSPRING-20,10\n").contains("coupons.csv:2: code: is taken"));
    }
}
