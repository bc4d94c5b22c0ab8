//! A page is bounded in bytes as well as in rows.

use std::collections::BTreeSet;

use flow_gateway::access::scope::Scope::{InstructorsRead, InstructorsWrite};
use serde_json::json;

use crate::support::{
    crowd::copy,
    studio::{Client, on_both_engines},
};

const MOST_BYTES: usize = 1024 * 1024;

/// Follows the cursor to the end: the ids in their order, and whether a page was shorter than its limit.
async fn follow(client: &Client) -> (Vec<String>, bool) {
    let (mut ids, mut short, mut cursor) = (Vec::new(), false, String::new());
    loop {
        let page = client.get(&format!("/v1/instructors?limit=100{cursor}")).await.expect(200);
        assert!(page.to_string().len() <= MOST_BYTES);
        let rows = page["data"].as_array().expect("rows");
        ids.extend(rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { return (ids, short) };
        assert!(!rows.is_empty());
        short |= rows.len() < 100;
        cursor = format!("&cursor={next}");
    }
}

on_both_engines! {
    async fn pages_of_large_rows_end_early_and_no_row_is_lost_or_repeated(studio: Studio) {
        let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
        let large = json!({"display_name": "Anna", "bio": "ö".repeat(10_000)});
        let row = server.post("/v1/instructors", large).await.expect(201);
        copy(&studio.app.db, "instructors", row["id"].as_str().expect("an id"), 230, &[]).await;
        for client in [server, studio.website().await] {
            let (ids, short) = follow(&client).await;
            assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (231, 231));
            assert!(ids.is_sorted() && short);
        }
    }
}
