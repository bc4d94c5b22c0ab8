//! Members, as another platform has them.

use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection};

use super::{exported, import, refusal, rows, tally};
use crate::cli::gateway::{Home, call, on_both_engines};

/// How another platform writes them.
const SHEET: &str = "\u{feff}Client ID;First Name;Last Name;E-Mail Address;Mobile Phone;Date of Birth;Newsletter;Tags\r\n\
    1001;Clara;Nunes;Clara@Mail.example;+351 91 555 0101;1990-05-17;yes;Morning, Yin\r\n\
    1002;Rui;Ávila;rui@mail.example;;;No;\r\n";

#[apply(on_both_engines!)]
fn who_is_brought_along_is_a_member_and_gets_no_mail(home: Home) {
    home.studio("casa");
    assert_eq!(tally(&home, "members.csv", SHEET, &[]), [2, 0, 0]);
    let [clara, rui] = <[Value; 2]>::try_from(rows(&home, "members")).expect("two");
    for (field, value) in [
        ("external_id", json!("1001")),
        ("first_name", json!("Clara")),
        ("email", json!("Clara@Mail.example")),
        ("tags", json!(["Morning", "Yin"])),
        ("phone", json!("+351 91 555 0101")),
        ("birth_date", json!("1990-05-17")),
        ("marketing_consent", json!(true)),
        ("status", json!("active")),
    ] {
        assert_eq!(clara[field], value, "{field}");
    }
    assert_eq!(
        (&rui["last_name"], &rui["marketing_consent"], &rui["status"]),
        (&json!("Ávila"), &json!(false), &json!("active"))
    );
    assert!(rui["starts_on"].is_string(), "from today on");
    assert_eq!(home.run(&["outbox", "list", "--studio", "casa", "--json"]).json(), json!([]));
    assert_eq!(tally(&home, "members.csv", SHEET, &[]), [0, 0, 2], "the same again changes nothing");
    assert_eq!(tally(&home, "members.csv", "member id,email\n1002,rui@new.example\n", &[]), [0, 1, 0]);
    assert_eq!(home.run(&["outbox", "list", "--studio", "casa", "--json"]).json(), json!([]));
}

#[apply(on_both_engines!)]
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

#[apply(on_both_engines!)]
fn who_has_left_elsewhere_has_left_here(home: Home) {
    home.studio("casa");
    let sheet = "Member ID,Email,Status,Cancel on,Cancel reason,Ends on,starts_on\n";
    let people = |lines: &[&str]| format!("{sheet}{}\n", lines.join("\n"));
    let all = [
        "1,a@mail.example,active,,,,",
        "2,b@mail.example,active,,,,2020-01-01",
        "3,c@mail.example,active,,,,",
        "4,d@mail.example,,,,,",
        "5,e@mail.example,invited,,,,",
    ];
    assert_eq!(tally(&home, "members.csv", &people(&all), &[]), [5, 0, 0]);
    let left = [
        "1,a@mail.example,Canceled,2026-01-31,Moves,,",
        "2,b@mail.example,expired,,,2024-01-31,",
        "3,c@mail.example,On hold,,,,",
        "4,d@mail.example,frozen,,,,",
        "5,e@mail.example,cancelled,,,,",
    ];
    assert_eq!(tally(&home, "members.csv", &people(&left), &[]), [0, 5, 0]);
    let told = rows(&home, "members");
    let statuses: Vec<_> = told.iter().map(|row| row["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["cancelled", "expired", "paused", "paused", "cancelled"]);
    assert_eq!((&told[0]["cancel_on"], &told[0]["cancel_reason"]), (&json!("2026-01-31"), &json!("Moves")));
    assert!(told[0]["cancelled_at"].is_string() && told[4]["cancel_on"].is_string());
    assert_eq!(tally(&home, "members.csv", &people(&left), &[]), [0, 0, 5]);
    assert_eq!(tally(&home, "members.csv", &people(&["1,a@mail.example,active,,,,"]), &[]), [0, 1, 0]);
    let back = rows(&home, "members").remove(0);
    assert_eq!(
        (&back["status"], &back["cancel_on"], &back["cancelled_at"], &back["cancel_reason"]),
        (&json!("active"), &json!(null), &json!(null), &json!(null))
    );
    for (line, told) in [
        ("1,a@mail.example,invited,,,,", "members.csv:2: status: can be `invited` only by an invitation"),
        ("1,a@mail.example,inactive,,,,", "members.csv:2: status: must be one of"),
        ("2,b@mail.example,active,,,2019-01-01,", "members.csv:2: ends_on: must not be before"),
    ] {
        let said = refusal(&home, "members.csv", &people(&[line]));
        assert!(said.contains(told), "{told}: {said}");
    }
}

#[apply(on_both_engines!)]
fn an_invitation_ends_when_an_import_says_so(home: Home) {
    home.studio("casa");
    let key = &home.secret_key("members:read,members:write")["key"];
    let server = home.serve(&[]);
    let url = format!("{}/v1/members/invites", server.at["management"]);
    let (status, made) = call(
        "POST",
        &url,
        key.as_str().unwrap(),
        &[("content-type", "application/json")],
        Some(r#"{"email": "a@mail.example", "external_id": "a"}"#),
    );
    assert_eq!(status, 201, "{made}");
    let waiting = || home.run(&["outbox", "list", "--studio", "casa", "--json"]).json().as_array().unwrap().len();
    assert_eq!(waiting(), 1);
    assert_eq!(tally(&home, "members.csv", "external_id,status\na,cancelled\n", &[]), [0, 1, 0]);
    assert_eq!(waiting(), 0);
}

#[test]
fn an_import_that_ends_a_membership_ends_its_access_and_one_that_is_refused_does_not() {
    let home = Home::on_sqlite();
    home.studio("casa");
    assert_eq!(tally(&home, "members.csv", "external_id,email\na,a@mail.example\n", &[]), [1, 0, 0]);
    let calendars = |before: &'static str| {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(async {
            let mut file = SqliteConnection::connect(&home.url).await.expect("the file");
            sqlx::raw_sql(before).execute(&mut file).await.expect(before);
            let count = sqlx::query_scalar::<_, i64>("select count(*) from calendar_feeds").fetch_one(&mut file).await;
            file.close().await.expect("closed");
            count.expect("a number")
        })
    };
    let made = "insert into calendar_feeds select studio_id, id, 'a hash', created_at from members";
    assert_eq!(calendars(made), 1);
    refusal(&home, "members.csv", "external_id,status\na,cancelled\nb,gone\n");
    assert_eq!(calendars(""), 1);
    assert_eq!(tally(&home, "members.csv", "external_id,status\na,cancelled\n", &[]), [0, 1, 0]);
    assert_eq!(calendars(""), 0);
    assert_eq!(tally(&home, "members.csv", "external_id,status\na,active\n", &[]), [0, 1, 0]);
    assert_eq!(calendars(made), 1);
    assert_eq!(tally(&home, "members.csv", "external_id,email\na,b@mail.example\n", &[]), [0, 1, 0]);
    assert_eq!(calendars(""), 0, "another address is another reader");
}

#[apply(on_both_engines!)]
fn a_plan_is_named_by_its_name_and_a_member_by_one_column(home: Home) {
    home.studio("casa");
    let plans = "name,external_id,price.amount,price.currency\nMonthly,m,5900,EUR\nTen,t,100,EUR\nTen,u,200,EUR\n";
    assert_eq!(tally(&home, "plans.csv", plans, &[]), [3, 0, 0]);
    let sheet = "Name,Email,Plan,Mobile,Phone number,Date of birth\nClara Maria Nunes,a@mail.example,Monthly,,+351 91 555 0101,17/05/1990\n\
        \"Ávila, Rui\",b@mail.example,u,+351 91 555 0102,+351 91 555 0103,1/2/1991\nMadonna,c@mail.example,,,,1992-02-03\n";
    assert_eq!(tally(&home, "members.csv", sheet, &["--date-format", "dd/mm/yyyy"]), [3, 0, 0]);
    let told = rows(&home, "members");
    let plans = rows(&home, "plans");
    for (row, wanted) in told.iter().zip([
        ("Clara Maria", json!("Nunes"), &plans[0]["id"], json!("+351 91 555 0101"), "1990-05-17"),
        ("Rui", json!("Ávila"), &plans[2]["id"], json!("+351 91 555 0102"), "1991-02-01"),
        ("Madonna", json!(null), &json!(null), json!(null), "1992-02-03"),
    ]) {
        let is = (
            row["first_name"].as_str().unwrap(),
            row["last_name"].clone(),
            &row["plan_id"],
            row["phone"].clone(),
            row["birth_date"].as_str().unwrap(),
        );
        assert_eq!(is, wanted);
    }
    let said = refusal(&home, "members.csv", "email,plan,birth_date\nx@mail.example,Ten,\ny@mail.example,Yearly,\n");
    assert!(
        said.contains("members.csv:2: plan: is the name of several plans")
            && said.contains("members.csv:3: plan: names no plan"),
        "{said}"
    );
    let said = refusal(&home, "members.csv", "email,birth_date\nx@mail.example,17/05/1990\n");
    assert!(said.contains("members.csv:2: birth_date: must be a date") && said.contains("--date-format"), "{said}");
    let said = refusal(&home, "members.csv", "email,name,first name\nx@mail.example,A B,C\n");
    assert!(said.contains("members.csv:1: has a column for the whole name"), "{said}");
    import(&home, "members.csv", sheet, &["--date-format", "dd/mm"]).fails(2);
}

#[apply(on_both_engines!)]
fn nobody_is_a_member_twice(home: Home) {
    home.studio("casa");
    let said = refusal(&home, "members.csv", "email\na@mail.example\nb@mail.example\nA@Mail.example\n");
    assert!(said.contains("members.csv:4: email: is that of line 2, too"), "{said}");
    assert_eq!(tally(&home, "members.csv", "email\na@mail.example\n", &[]), [1, 0, 0]);
    let said = refusal(
        &home,
        "members.csv",
        "email,plan_id,birth_date,starts_on,ends_on\n\
        A@mail.example,pln_01jdc9x0aetqt8q3yv0gcm1v5k,2190-01-01,2026-01-02,2026-01-01\nmbr_x@erased.invalid,,,,\n",
    );
    for told in [
        "members.csv:2: email: is that of another member",
        "members.csv:2: plan_id: names no plan",
        "members.csv:2: birth_date: must not be",
        "members.csv:2: ends_on: must not be",
        "members.csv:3: email: must be an address that mail",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert_eq!(rows(&home, "members").len(), 1);
}

#[apply(on_both_engines!)]
fn thousands_come_in_at_once(home: Home) {
    home.studio("casa");
    let lines: Vec<_> = (0..3000).map(|number| format!("{number},member{number}@mail.example,Name {number}")).collect();
    assert_eq!(
        tally(&home, "members.csv", &format!("client id,email,first name\n{}", lines.join("\n")), &[]),
        [3000, 0, 0]
    );
    assert_eq!(rows(&home, "members").len(), 3000);
    if home.url.starts_with("postgres") {
        assert_eq!(expected_rows(&home.url, "members"), 3000, "PostgreSQL knows of them at once");
    }
}

#[apply(on_both_engines!)]
fn coupons_come_back_with_what_was_redeemed(home: Home) {
    home.studio("casa");
    let line =
        r#"{"code": "Spring-20", "percent_off": 20, "redeemed_count": 3, "max_redemptions": 5, "external_id": "s"}"#;
    assert_eq!(tally(&home, "coupons.jsonl", line, &[]), [1, 0, 0]);
    let row = rows(&home, "coupons").remove(0);
    assert_eq!((&row["redeemed_count"], &row["kind"], row.get("status")), (&json!(3), &json!("percent"), None));
    assert_eq!(tally(&home, "coupons.jsonl", &row.to_string(), &[]), [0, 0, 1]);
    assert!(
        refusal(&home, "coupons.jsonl", &line.replace("20,", "30,"))
            .contains("coupons.jsonl:1: percent_off: cannot be changed")
    );
    let later = r#"{"external_id": "s", "redeemed_count": 4, "valid_until": "2031-01-01T00:00:00Z"}"#;
    assert_eq!(tally(&home, "coupons.jsonl", later, &[]), [0, 1, 0]);
    let gone_on = rows(&home, "coupons").remove(0);
    assert_eq!(
        (&gone_on["redeemed_count"], &gone_on["valid_until"], &gone_on["version"]),
        (&json!(4), &json!("2031-01-01T00:00:00.000000Z"), &json!(2))
    );
    assert!(
        refusal(
            &home,
            "coupons.jsonl",
            r#"{"external_id": "s", "valid_until": "2020-01-01T00:00:00Z", "valid_from": "2021-01-01T00:00:00Z"}"#
        )
        .contains("coupons.jsonl:1: valid_from: cannot be changed")
    );
    assert!(
        refusal(&home, "coupons.csv", "code,percent_off\nSPRING-20,10\n").contains("coupons.csv:2: code: is taken")
    );
}

/// How many rows PostgreSQL's planner expects in a table.
fn expected_rows(url: &str, table: &str) -> i64 {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let pool = sqlx::PgPool::connect(url).await.expect("a connection");
        let text = "select cast(reltuples as bigint) from pg_class where relname = $1 and relkind = 'r'";
        let rows = sqlx::query_scalar(text).bind(table).fetch_one(&pool).await.expect("a number");
        pool.close().await;
        rows
    })
}

#[test]
fn rows_come_from_standard_input_as_csv_or_as_lines_of_json() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let args = ["import", "--studio", "casa", "-", "--as", "members"];
    for text in ["External ID;E-mail\n1;a@mail.example\n", "{\"external_id\": \"2\", \"email\": \"b@mail.example\"}\n"]
    {
        home.run_with(text, &args).done();
    }
    let emails: Vec<_> = rows(&home, "members").into_iter().map(|row| row["email"].clone()).collect();
    assert_eq!(emails, ["a@mail.example", "b@mail.example"]);
    assert!(home.run_with("E-mail\nnobody\n", &args).fails(1).contains("standard input.csv"));
    assert!(home.run_with("E-mail\n", &["import", "--studio", "casa", "-"]).fails(2).contains("--as"));
}
