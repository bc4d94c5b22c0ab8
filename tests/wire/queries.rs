//! What a query may say: every refusal is a whole sentence that names the parameter.

use flow_gateway::access::caller::KeyCaller;
use flow_gateway::{access::scope::Scope, surfaces};

use crate::support::studio::{Client, on_both_engines};

/// Every list, with a client that may read it.
async fn lists(studio: &crate::support::studio::Studio) -> Vec<(Client, String)> {
    let (server, page) = (studio.server(Scope::ALL).await, studio.website().await);
    let rows = |rows: Vec<flow_gateway::operation::endpoint::Endpoint<KeyCaller>>, client: &Client| {
        let reads = rows.into_iter().filter(|row| row.rule.method == "GET" && !row.rule.path.contains('{'));
        reads.map(|row| (client.clone(), row.rule.path.to_owned())).collect::<Vec<_>>()
    };
    [rows(surfaces::management::endpoints(), &server), rows(surfaces::storefront::endpoints(), &page)].concat()
}

#[apply(on_both_engines!)]
async fn a_query_that_is_not_understood_is_told_what_is(studio: Studio) {
    for (client, path) in lists(&studio).await {
        let told = |reply: crate::support::studio::Reply, status, code| {
            reply.is_problem(status, code)["detail"].as_str().unwrap().to_owned()
        };
        let detail = told(client.get(&format!("{path}?slug=%00")).await, 422, "validation_failed");
        assert_eq!(detail, "`slug` in the query must not contain U+0000.", "{path}");
        let detail = told(client.get(&format!("{path}?Limit=5")).await, 400, "malformed_request");
        let is_list = detail.contains("Do you mean `limit`?");
        for name in ["limit", "cursor", "id", "updated_since"] {
            assert!(!is_list || detail.contains(&format!("`{name}`")), "{path}: {detail}");
        }
        assert!(is_list || detail.ends_with("This operation takes none."), "{path}: {detail}");
        let detail = told(client.get(&format!("{path}?limit=5&limit=6")).await, 400, "malformed_request");
        assert_eq!(detail, "The query has `limit` twice. Send each parameter once.", "{path}");
        let detail = told(client.get(&format!("{path}?q=%ff")).await, 400, "malformed_request");
        assert!(detail.contains("UTF-8"), "{path}: {detail}");
    }
}

#[apply(on_both_engines!)]
async fn a_write_is_told_the_one_parameter_that_it_takes(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    let refused = server.call("POST", "/v1/plans?dry-run=true").await.is_problem(400, "malformed_request");
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("`dry-run`") && detail.contains("Do you mean `dry_run`?"), "{detail}");
}

#[apply(on_both_engines!)]
async fn a_row_that_is_read_from_its_list_alone_is_said_to_be(studio: Studio) {
    let server = studio.server(Scope::ALL).await;
    for (path, list) in [
        ("/v1/instructors/ins_1", "/v1/instructors"),
        ("/v1/classes/cls_1", "/v1/classes"),
        ("/v1/schedule/occ_1", "/v1/schedule"),
        ("/v1/locations/loc_1/rooms/room_1", "/v1/locations/{locationId}/rooms"),
        ("/v1/members/mbr_1", "/v1/members"),
    ] {
        for reply in [server.get(path).await, server.clone().with("accept", "*/*").get(path).await] {
            let told = reply.is_problem(405, "method_not_allowed");
            assert!(told["detail"].as_str().unwrap().contains(&format!("`GET {list}?id=…`")), "{told}");
        }
    }
    let told = server.call("PUT", "/v1/instructors/ins_1").await.is_problem(405, "method_not_allowed");
    assert!(!told["detail"].as_str().unwrap().contains("?id="), "{told}");
    let told = server.get("/v1/members/invites").await.is_problem(405, "method_not_allowed");
    assert!(!told["detail"].as_str().unwrap().contains("?id="), "{told}");
}
