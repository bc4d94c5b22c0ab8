//! A studio that requires a second factor of everybody.

use std::time::Duration;

use flow_gateway::{
    access::sessions::{pages::WITHOUT_SECOND_FACTOR, stored::Role},
    dashboard::rules,
    store::{
        audit::{self, AuditFilter, Entry},
        filter::LogOrder,
    },
};

use crate::support::{
    dashboard::PASSWORD,
    studio::{Studio, on_both_engines},
};

const REQUIREMENT: &str = "/studio/people/second-factor";
const TURN_ON: &str = "/studio/second-factor/new";

async fn changes(studio: &Studio) -> Vec<Entry> {
    let filter = AuditFilter { action: Some("studio.require_second_factor".into()), ..AuditFilter::default() };
    audit::list(studio.app.db.of(studio.id), &filter, LogOrder::Newest(None), 100).await.unwrap()
}

#[apply(on_both_engines!)]
async fn an_owner_with_a_second_factor_requires_it_and_each_change_leaves_one_row(studio: Studio) {
    let owner = studio.signed_in(Role::Owner).await;
    let refused = owner.send(REQUIREMENT, &[("required", "yes")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.html().contains("your own second factor first"), "{refused:?}");
    assert_eq!(owner.open("/studio/api-keys").await.status, 200, "nobody is locked out");
    owner.turn_on_second_factor(&studio).await;
    for (wanted, rows) in [("yes", 1), ("yes", 1), ("no", 2), ("no", 2)] {
        assert_eq!(owner.send(REQUIREMENT, &[("required", wanted)]).await.leads_to(), "/studio/people");
        let changes = changes(&studio).await;
        assert_eq!(changes.len(), rows, "{changes:?}");
        let became = changes[0].after.as_ref().unwrap()["second_factor_required"] == (wanted == "yes");
        assert!(became && changes[0].from.is_some(), "{changes:?}");
    }
    assert_eq!(owner.send(REQUIREMENT, &[]).await.status, 422);
    for role in [Role::Developer, Role::Viewer] {
        let other = studio.signed_in(role).await.with("accept", "*/*");
        other.open(REQUIREMENT).await.is_problem(403, "insufficient_role");
        other.send(REQUIREMENT, &[("required", "yes")]).await.is_problem(403, "insufficient_role");
    }
    assert_eq!(changes(&studio).await.len(), 2);
}

#[apply(on_both_engines!)]
async fn who_has_none_reaches_nothing_but_the_page_that_turns_it_on(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    owner.turn_on_second_factor(&studio).await;
    let viewer = studio.signed_in(Role::Viewer).await;
    let other = studio.second_instance_at(studio.clock.clone()).await;
    assert_eq!(viewer.open("/studio/audit").await.status, 200);
    let people = owner.open(REQUIREMENT).await.html();
    assert!(people.contains("People without one: viewer@casa.example."), "{people}");
    owner.send(REQUIREMENT, &[("required", "yes")]).await.leads_to();
    let there = other.browser().with("cookie", &viewer.cookie());
    for browser in [&viewer, &there] {
        for rule in rules().iter().filter(|rule| !WITHOUT_SECOND_FACTOR.contains(&rule.path)) {
            if rule.needs == flow_gateway::access::sessions::pages::Reach::Anyone {
                continue;
            }
            let path = rule.path.replace(['{', '}'], "x");
            assert_eq!(browser.call(rule.method, &path).await.leads_to(), TURN_ON, "{rule:?}");
        }
        assert_eq!(browser.open("/studio/nowhere").await.leads_to(), TURN_ON);
    }
    let page = viewer.open(TURN_ON).await.html();
    assert!(page.contains("This studio requires a second factor"), "{page}");
    assert!(!page.contains("/studio/api-keys\""), "no page leads on: {page}");
    let fresh = studio.browser().sign_in("viewer@casa.example", PASSWORD).await;
    assert_eq!(fresh.0.status, 303, "who signs in is led there as well");
    assert_eq!(fresh.1.open("/studio/api-keys?signed_in=1").await.leads_to(), TURN_ON);
    viewer.turn_on_second_factor(&studio).await;
    assert_eq!(there.open("/studio/audit").await.status, 200);
    studio.pass(Duration::from_mins(1));
    viewer.send("/studio/second-factor/off", &[]).await.leads_to();
    assert_eq!(viewer.open("/studio/audit").await.leads_to(), TURN_ON, "it stays required");
    owner.send(REQUIREMENT, &[("required", "no")]).await.leads_to();
    assert_eq!(viewer.open("/studio/audit").await.status, 200);
}

#[apply(on_both_engines!)]
async fn a_password_that_was_typed_long_ago_is_typed_again_before_it_is_turned_on(studio: Studio) {
    let studio = studio.with_a_clock_that_stands().await;
    let owner = studio.signed_in(Role::Owner).await;
    owner.turn_on_second_factor(&studio).await;
    let viewer = studio.signed_in(Role::Viewer).await;
    owner.send(REQUIREMENT, &[("required", "yes")]).await.leads_to();
    studio.pass(Duration::from_mins(11));
    let confirm = viewer.open(TURN_ON).await.leads_to().to_owned();
    assert_eq!(confirm, "/studio/confirm?next=%2Fstudio%2Fsecond-factor%2Fnew");
    assert_eq!(viewer.open(&confirm).await.status, 200);
    assert_eq!(viewer.send("/studio/confirm", &[("password", PASSWORD), ("next", TURN_ON)]).await.leads_to(), TURN_ON);
    assert_eq!(viewer.open(TURN_ON).await.status, 200);
    assert_eq!(viewer.send("/studio/sign-out", &[]).await.leads_to(), "/studio/sign-in");
}

#[apply(on_both_engines!)]
async fn it_is_required_in_the_studio_that_says_so_and_in_no_other(studio: Studio) {
    let neighbour = studio.neighbour().await;
    let owner = studio.signed_in(Role::Owner).await;
    owner.turn_on_second_factor(&studio).await;
    studio.add_staff(studio.id, "anna@casa.example", Role::Viewer).await;
    let there = studio.add_staff(neighbour, "anna@casa.example", Role::Viewer).await;
    let anna = studio.browser().sign_in("anna@casa.example", PASSWORD).await.1;
    owner.send(REQUIREMENT, &[("required", "yes")]).await.leads_to();
    assert_eq!(anna.open("/studio/audit").await.leads_to(), TURN_ON);
    anna.send("/studio/switch", &[("to", &there.to_string())]).await.leads_to();
    assert_eq!(anna.open("/studio/audit").await.status, 200);
}
