//! Rows for every `{name}` that a path of the tables has: how a studio gets one, and the path that names it.

use std::collections::BTreeMap;

use flow_gateway::{
    access::{scope::Scope, table::Rule},
    surfaces::{management, storefront},
};
use serde_json::{Value, json};

use crate::support::{
    made,
    studio::{Client, Studio},
};

/// How to make a row: the name that paths have for its id, where to post it, and its least body.
pub fn recipes() -> Vec<(&'static str, &'static str, Value)> {
    let weekly = json!({"starts_on": "2026-01-05", "weekly": [{"weekday": "monday", "start_time": "07:00"}]});
    vec![
        ("classId", "/v1/classes", json!({"name": "Vinyasa", "duration_minutes": 60, "recurrence": weekly})),
        ("couponId", "/v1/coupons", json!({"code": "SPRING-20", "percent_off": 20})),
        ("instructorId", "/v1/instructors", json!({"display_name": "Anna"})),
        ("locationId", "/v1/locations", json!({"name": "Alfama"})),
        ("programId", "/v1/programs", json!({"name": "Spring course", "status": "published"})),
        ("roomId", "/v1/locations/{locationId}/rooms", json!({"name": "Garden room"})),
        ("membershipId", "/v1/members/invites", json!({"email": "clara@member.example"})),
        ("planId", "/v1/plans", json!({"name": "Unlimited", "price": {"amount": 9500, "currency": "EUR"}})),
    ]
}

/// Every Management row.
pub fn management_rules() -> Vec<Rule> {
    management::endpoints().into_iter().map(|row| row.rule).collect()
}

/// Every Storefront row.
pub fn storefront_rules() -> Vec<Rule> {
    storefront::endpoints().into_iter().map(|row| row.rule).collect()
}

/// A row of each kind that paths name, in one studio.
pub struct Rows {
    ids: BTreeMap<&'static str, String>,
    reader: Client,
}

impl Rows {
    /// Makes them.
    pub async fn of(studio: &Studio) -> Self {
        let reader = studio.server(Scope::ALL).await;
        let mut rows = Self { ids: BTreeMap::new(), reader: reader.clone() };
        for (name, path, body) in recipes() {
            let made = reader.post(&rows.path(path), body).await.expect(201);
            rows.ids.insert(name, made["id"].as_str().expect("an id").to_owned());
        }
        // Import makes content.
        let content =
            made::content(studio, studio.id, json!({"title": "Ten minutes for your neck", "status": "published"}));
        let content = content.await.expect("content");
        rows.ids.insert("contentId", content["id"].as_str().expect("an id").to_owned());
        // A class is made with its occurrences.
        let laid_out = reader.get("/v1/schedule").await.rows();
        rows.ids.insert("occurrenceId", laid_out[0]["id"].as_str().expect("an id").to_owned());
        rows
    }

    /// The path with these rows' ids in it.
    pub fn path(&self, pattern: &str) -> String {
        let words =
            pattern.split('/').map(|word| match word.strip_prefix('{').and_then(|word| word.strip_suffix('}')) {
                Some(name) => {
                    self.ids.get(name).unwrap_or_else(|| panic!("say in recipes() how a {name} is made")).as_str()
                }
                None => word,
            });
        words.collect::<Vec<_>>().join("/")
    }

    /// A rule's path; a write only asks what it would do.
    pub fn harmless(&self, rule: &Rule) -> String {
        let path = self.path(rule.path);
        if rule.method == "GET" { path } else { format!("{path}?dry_run=true") }
    }

    /// The least body that a rule takes. What is unique in it is another than that of the row which is there.
    pub fn body(rule: &Rule) -> Value {
        let made = recipes().into_iter().find(|(_, path, _)| rule.method == "POST" && *path == rule.path);
        let mut body = made.map_or(json!({}), |(_, _, body)| body);
        body.get_mut("code").into_iter().for_each(|code| *code = json!("AUTUMN-20"));
        body
    }

    /// All that the studio has, as it reads it.
    pub async fn all(&self) -> Vec<Value> {
        let mut all = Vec::new();
        for rule in management_rules().iter().filter(|rule| rule.method == "GET") {
            all.push(self.reader.get(&self.path(rule.path)).await.expect(200));
        }
        all
    }

    /// Whether an answer names one of these rows.
    pub fn stand_in(&self, answer: &[u8]) -> bool {
        let answer = String::from_utf8_lossy(answer);
        self.ids.values().any(|id| answer.contains(id))
    }
}
