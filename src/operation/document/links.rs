//! Where an answer leads: OpenAPI links, folded from the paths. A row of a list, a new row and a changed one can be named
//! in every operation on one such row, and in those on what is inside of it.

use serde_json::{Map, Value, json};

use crate::access::table::Rule;

/// The status of the answer that leads on, and its links.
pub fn of<N>(from: &Rule<N>, rules: &[&Rule<N>]) -> Option<(&'static str, Value)> {
    let home = home(from, rules)?;
    let is_list = from.method == "GET" && from.path == home;
    let (status, id) = match from.method {
        "GET" if is_list => ("200", "$response.body#/data/0/id"),
        "POST" if !from.path.contains("}/") || from.path == home => ("201", "$response.body#/id"),
        "GET" | "PATCH" | "POST" => ("200", "$response.body#/id"),
        _ => return None,
    };
    let links: Map<_, _> = rules.iter().filter_map(|to| Some((to.id.to_owned(), link(home, to, id)?))).collect();
    (!links.is_empty()).then(|| (status, Value::Object(links)))
}

/// The path of the list that an operation's rows are in.
fn home<'r, N>(of: &Rule<N>, rules: &[&'r Rule<N>]) -> Option<&'r str> {
    let lists = rules.iter().filter(|rule| rule.method == "GET" && !rule.path.ends_with('}')).map(|rule| rule.path);
    let holds = |list: &&str| of.path.strip_prefix(list).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    lists.filter(holds).max_by_key(|list| list.len())
}

/// The link to an operation on one row of a list, or on the list of what is in it: what else its path names was named
/// before.
fn link<N>(home: &str, to: &Rule<N>, id: &str) -> Option<Value> {
    let (own, behind) = to.path.strip_prefix(home)?.strip_prefix("/{")?.split_once('}')?;
    if behind.contains('{') {
        return None;
    }
    let before = home.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut parameters: Map<_, _> =
        before.map(|name| (name.to_owned(), json!(format!("$request.path.{name}")))).collect();
    parameters.insert(own.to_owned(), json!(id));
    Some(json!({"operationId": to.id, "parameters": parameters}))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(method: &'static str, path: &'static str, id: &'static str) -> Rule<()> {
        Rule::new(method, path, (), id)
    }

    #[test]
    fn a_row_leads_to_what_can_be_done_with_it_and_in_it() {
        let rules = [
            rule("GET", "/v1/halls", "list"),
            rule("POST", "/v1/halls/invites", "invite"),
            rule("PATCH", "/v1/halls/{hallId}", "change"),
            rule("DELETE", "/v1/halls/{hallId}", "remove"),
            rule("GET", "/v1/halls/{hallId}/rooms", "rooms"),
            rule("POST", "/v1/halls/{hallId}/rooms", "room"),
            rule("PATCH", "/v1/halls/{hallId}/rooms/{roomId}", "furnish"),
            rule("POST", "/v1/halls/{hallId}/close", "close"),
        ];
        let rules: Vec<_> = rules.iter().collect();
        let links = |id: &str| of(rules.iter().find(|rule| rule.id == id).unwrap(), &rules);
        let names = |id: &str| {
            let (status, links) = links(id)?;
            Some((status, links.as_object()?.keys().cloned().collect::<Vec<_>>().join(" ")))
        };
        let hall = "change remove rooms room close".to_owned();
        assert_eq!(names("list"), Some(("200", hall.clone())));
        assert_eq!(names("invite"), Some(("201", hall.clone())));
        assert_eq!(names("close"), Some(("200", hall)));
        assert_eq!(names("remove"), None);
        assert_eq!(names("room"), Some(("201", "furnish".to_owned())));
        let furnish = json!({"furnish": {"operationId": "furnish",
            "parameters": {"hallId": "$request.path.hallId", "roomId": "$response.body#/data/0/id"}}});
        assert_eq!(links("rooms"), Some(("200", furnish)));
    }
}
