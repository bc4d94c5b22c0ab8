//! Turning a second factor on and off.

use std::time::Duration;

use flow_gateway::{
    access::sessions::stored::Role,
    mail::outbox::MailKind,
    store::{
        audit::{self, AuditFilter},
        db::Db,
        filter::LogOrder,
        id::StudioId,
        signing_secret::SigningSecret,
    },
};

use crate::support::{
    dashboard::PASSWORD,
    second_factor::{Authenticator, shown_codes},
    studio::{Reply, Studio, on_both_engines},
};

const EMAIL: &str = "anna@casa.example";
const STEP: Duration = Duration::from_secs(30);

async fn actions(studio: &Studio, of: StudioId) -> Vec<String> {
    let (filter, order) = (AuditFilter::default(), LogOrder::Newest(None));
    let rows = audit::list(studio.app.db.of(of), &filter, order, 100).await.unwrap();
    assert!(rows.iter().all(|row| row.from.is_some() && !format!("{row:?}").contains("casa.example")), "{rows:?}");
    rows.into_iter().rev().map(|row| row.action).collect()
}

#[apply(on_both_engines!)]
async fn it_counts_once_a_first_code_has_confirmed_it_and_until_then_nothing_is_kept(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let anna = studio.signed_in(Role::Viewer).await;
    assert!(anna.open("/studio/second-factor").await.html().contains("Your password alone signs in"));
    let (offer, app) = anna.offered_secret(&studio).await;
    let (_, another) = anna.offered_secret(&studio).await;
    assert_ne!(app.secret, another.secret, "a new one each time");
    for code in [app.wrong_code(), another.code(), String::new()] {
        let reply = anna.send("/studio/second-factor/new", &[("form", &offer), ("code", &code)]).await;
        assert_eq!(reply.status, 422);
        assert!(
            reply.html().contains(&app.secret) && reply.html().contains("This code is not right"),
            "the same secret"
        );
    }
    assert_eq!(studio.browser().sign_in("viewer@casa.example", PASSWORD).await.0.status, 303, "it is not on yet");
    assert!(actions(&studio, studio.id).await.is_empty());
    let codes = anna.send("/studio/second-factor/new", &[("form", &offer), ("code", &app.code())]).await;
    assert_eq!(shown_codes(&codes).len(), 10);
    let page = anna.open("/studio/second-factor").await.html();
    assert!(page.contains("On since") && page.contains("Recovery codes left: 10."), "{page}");
    assert!(!page.contains(&app.secret) && !page.contains(&shown_codes(&codes)[0]), "shown once: {page}");
    assert_eq!(studio.browser().sign_in("viewer@casa.example", PASSWORD).await.0.status, 200, "it is on");
    assert_eq!(studio.mails(studio.id, MailKind::SecondFactorOn).await.len(), 1);
    assert_eq!(actions(&studio, studio.id).await, ["staff.second_factor_on"]);
    let again = anna.send("/studio/second-factor/new", &[("form", &offer), ("code", &app.code())]).await;
    assert_eq!(again.leads_to(), "/studio/second-factor", "sent twice, it stays as it is");
    let shown = anna.open("/studio/second-factor/new").await;
    assert!(shown.html().contains("On since") && !shown.html().contains("class=\"secret\""), "{shown:?}");
    assert_eq!(actions(&studio, studio.id).await.len(), 1);
}

#[apply(on_both_engines!)]
async fn a_secret_is_confirmed_within_an_hour_by_the_session_that_it_was_shown_to(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let anna = studio.signed_in(Role::Owner).await;
    let (offer, app) = anna.offered_secret(&studio).await;
    let elsewhere = studio.browser().sign_in("owner@casa.example", PASSWORD).await.1;
    let is_refused = |reply: &Reply| {
        assert_eq!(reply.status, 422, "{reply:?}");
        assert!(reply.html().contains("no longer good") && !reply.html().contains(&app.secret), "{reply:?}");
    };
    for form in [offer.as_str(), "", &offer[1..]] {
        is_refused(&elsewhere.send("/studio/second-factor/new", &[("form", form), ("code", &app.code())]).await);
    }
    studio.pass(Duration::from_hours(1));
    anna.send("/studio/confirm", &[("password", PASSWORD)]).await.leads_to();
    is_refused(&anna.send("/studio/second-factor/new", &[("form", &offer), ("code", &app.code())]).await);
}

#[apply(on_both_engines!)]
async fn turning_it_on_ends_all_other_sessions_of_the_person(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let here = studio.signed_in(Role::Owner).await;
    let elsewhere = studio.browser().sign_in("owner@casa.example", PASSWORD).await.1;
    let other = studio.signed_in(Role::Viewer).await;
    here.turn_on_second_factor(&studio).await;
    assert!(elsewhere.open("/studio/audit").await.leads_to().starts_with("/studio/sign-in"));
    for stays in [here, other] {
        assert_eq!(stays.open("/studio/audit").await.status, 200);
    }
}

#[apply(on_both_engines!)]
async fn one_second_factor_counts_in_every_studio_of_the_person_and_each_is_told(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let neighbour = studio.neighbour().await;
    studio.add_staff(studio.id, EMAIL, Role::Owner).await;
    // A session begins in the oldest.
    studio.pass(STEP);
    let there = studio.add_staff(neighbour, "Anna@Casa.Example", Role::Viewer).await;
    let anna = studio.browser().sign_in(EMAIL, PASSWORD).await.1;
    let app = anna.turn_on_second_factor(&studio).await;
    studio.pass(2 * STEP);
    let browser = studio.browser();
    let pending = browser.type_password("ANNA@casa.example").await;
    let anna = browser.type_code(&pending, "code", &app.code()).await.1;
    anna.send("/studio/switch", &[("to", &there.to_string())]).await.leads_to();
    assert!(anna.open("/studio/second-factor").await.html().contains("On since"));
    anna.send("/studio/second-factor/codes", &[]).await;
    studio.pass(Duration::from_secs(1));
    assert_eq!(anna.send("/studio/second-factor/off", &[]).await.leads_to(), "/studio/second-factor");
    assert_eq!(anna.send("/studio/second-factor/off", &[]).await.leads_to(), "/studio/second-factor", "it is off");
    assert_eq!(anna.send("/studio/second-factor/codes", &[]).await.leads_to(), "/studio/second-factor");
    for of in [studio.id, neighbour] {
        let done = actions(&studio, of).await;
        assert_eq!(done, ["staff.second_factor_on", "staff.new_recovery_codes", "staff.second_factor_off"]);
    }
    let mails = async |of, kind| studio.mails(of, kind).await.len();
    let told = [mails(studio.id, MailKind::SecondFactorOn).await, mails(neighbour, MailKind::SecondFactorOff).await];
    assert_eq!(told, [1, 1], "one mail each, since the mailbox is one");
    assert_eq!(mails(studio.id, MailKind::SecondFactorOff).await, 0);
    assert_eq!(studio.browser().sign_in(EMAIL, PASSWORD).await.0.status, 303, "the password alone signs in");
    let pending = browser.send("/studio/sign-in/code", &[("pending", &pending), ("code", &app.code())]).await;
    assert_eq!(pending.status, 410);
}

#[apply(on_both_engines!)]
async fn who_has_the_password_of_one_account_turns_on_none_for_the_others(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let anna = studio.signed_in(Role::Owner).await;
    let other = studio.neighbour().await;
    studio.add_staff(other, "owner@casa.example", Role::Owner).await;
    let (offer, app) = anna.offered_secret(&studio).await;
    let refused = anna.send("/studio/second-factor/new", &[("form", &offer), ("code", &app.code())]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.html().contains("another password in another studio"), "{refused:?}");
    let both = studio.browser().sign_in("owner@casa.example", PASSWORD).await.1;
    both.turn_on_second_factor(&studio).await;
}

#[apply(on_both_engines!)]
async fn changes_of_it_ask_for_fresh_authentication(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let anna = studio.signed_in(Role::Owner).await;
    let app = anna.turn_on_second_factor(&studio).await;
    studio.pass(Duration::from_mins(11));
    for path in ["/studio/second-factor/off", "/studio/second-factor/codes", "/studio/people/second-factor"] {
        assert!(anna.send(path, &[("required", "yes")]).await.sends_on_to().starts_with("/studio/confirm"), "{path}");
    }
    assert!(anna.open("/studio/second-factor").await.html().contains("Recovery codes left: 10."));
    assert_eq!(actions(&studio, studio.id).await, ["staff.second_factor_on"]);
    assert_eq!(anna.send("/studio/confirm", &[("password", PASSWORD), ("code", &app.code())]).await.status, 303);
    assert_eq!(anna.send("/studio/second-factor/off", &[]).await.leads_to(), "/studio/second-factor");
}

#[apply(on_both_engines!)]
async fn an_account_that_ends_in_one_studio_leaves_the_second_factor_of_the_others(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let neighbour = studio.neighbour().await;
    let owner = studio.signed_in(Role::Owner).await;
    let id = studio.add_staff(studio.id, EMAIL, Role::Viewer).await;
    studio.add_staff(neighbour, EMAIL, Role::Owner).await;
    let anna = studio.browser().sign_in(EMAIL, PASSWORD).await.1;
    let app = anna.turn_on_second_factor(&studio).await;
    studio.pass(2 * STEP);
    owner.send(&format!("/studio/people/{id}/end"), &[]).await.leads_to();
    let browser = studio.browser();
    let pending = browser.type_password(EMAIL).await;
    let anna = browser.type_code(&pending, "code", &app.code()).await.1;
    assert!(anna.open("/studio/people").await.html().contains(EMAIL));
}

#[apply(on_both_engines!)]
async fn a_wrong_or_missing_signing_secret_is_told_and_locks_nobody_out(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    studio.add_staff(studio.id, EMAIL, Role::Owner).await;
    let anna = studio.browser().sign_in(EMAIL, PASSWORD).await.1;
    let app = anna.turn_on_second_factor(&studio).await;
    studio.pass(2 * STEP);
    let other = SigningSecret::set("another signing secret of a gateway").unwrap();
    for (number, secret) in [other, SigningSecret::default()].into_iter().enumerate() {
        let wrong = studio.instance_with_secret(secret).await;
        let browser = wrong.browser();
        let pending = browser.type_password(EMAIL).await;
        let (reply, _) = browser.type_code(&pending, "code", &app.code()).await;
        assert_eq!((reply.status.as_u16(), reply.header("set-cookie")), (503, ""), "{reply:?}");
        assert!(reply.html().contains("cannot check codes") && reply.html().contains(&pending), "{reply:?}");
        let (reply, session) = browser.type_code(&pending, "recovery_code", &app.recovery_codes[number]).await;
        assert_eq!(reply.status, 303, "{reply:?}");
        assert_eq!(session.open("/studio/api-keys").await.status, 200);
        let rui = wrong.signed_in([Role::Developer, Role::Viewer][number]).await;
        let offer = rui.open("/studio/second-factor/new").await;
        let is_missing = number == 1;
        assert_eq!(offer.status == 503, is_missing, "{offer:?}");
        assert_eq!(offer.html().contains("this server has no signing secret"), is_missing);
    }
    let browser = studio.browser();
    let pending = browser.type_password(EMAIL).await;
    assert_eq!(browser.type_code(&pending, "code", &app.code()).await.0.status, 303, "with the right one it goes on");
}

/// Everything that a database holds, as text.
async fn all_rows(db: &Db) -> String {
    let mut all = String::new();
    match db {
        Db::Sqlite { snapshots, .. } => {
            let tables: Vec<String> = sqlx::query_scalar(
                "select name from sqlite_master where type = 'table' and name not like '\\_sqlx%' escape '\\'",
            )
            .fetch_all(snapshots)
            .await
            .unwrap();
            for table in &tables {
                let columns: Vec<String> = sqlx::query_scalar("select name from pragma_table_info($1)")
                    .bind(table)
                    .fetch_all(snapshots)
                    .await
                    .unwrap();
                let shown: Vec<_> =
                    columns.iter().map(|column| format!("coalesce(cast(\"{column}\" as text), '')")).collect();
                let text =
                    format!("select coalesce(group_concat({}, '\n'), '') from \"{table}\"", shown.join(" || ' ' || "));
                all += &sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(text)).fetch_one(snapshots).await.unwrap();
            }
        }
        Db::Postgres(connections) => {
            let text = "select table_name::text from information_schema.tables where table_schema = 'public'";
            let tables: Vec<String> = sqlx::query_scalar(text).fetch_all(connections.pool()).await.unwrap();
            for table in &tables {
                let text = format!("select coalesce(string_agg(t::text, chr(10)), '') from \"{table}\" as t");
                all += &sqlx::query_scalar::<_, String>(sqlx::AssertSqlSafe(text))
                    .fetch_one(connections.pool())
                    .await
                    .unwrap();
            }
        }
    }
    all
}

/// The forms in which a secret could stand somewhere.
fn forms(app: &Authenticator) -> Vec<String> {
    let plain = app.secret.replace(' ', "");
    let bytes = totp_rs::Secret::try_from_base32(&plain).unwrap().as_bytes().to_vec();
    let mut forms = vec![app.secret.clone(), plain.to_lowercase(), plain, hex::encode(&bytes)];
    forms.extend(app.recovery_codes.iter().flat_map(|code| [code.clone(), code.replace('-', "")]));
    forms
}

#[apply(on_both_engines!)]
async fn neither_the_secret_nor_a_recovery_code_nor_a_token_is_in_the_database_or_on_another_page(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let anna = studio.signed_in(Role::Owner).await;
    let app = anna.turn_on_second_factor(&studio).await;
    studio.pass(2 * STEP);
    let browser = studio.browser();
    let pending = browser.type_password("owner@casa.example").await;
    browser.type_code(&pending, "recovery_code", &app.recovery_codes[0]).await;
    let waiting = browser.type_password("owner@casa.example").await;
    let rows = all_rows(&studio.app.db).await;
    assert!(
        rows.contains("owner@casa.example") && rows.contains("staff.recovery_code_used"),
        "the search finds what is there"
    );
    let mut shown = String::new();
    for rule in flow_gateway::dashboard::rules().iter().filter(|rule| rule.method == "GET" && !rule.path.contains('{'))
    {
        let reply = anna.open(rule.path).await;
        shown += &String::from_utf8_lossy(&reply.body);
    }
    for form in forms(&app).iter().chain([&pending, &waiting]) {
        assert!(!rows.contains(form), "{form} is in the database");
        assert!(!shown.contains(form), "{form} is on a page");
    }
}
