//! A page is bounded in bytes as well as in rows.

use std::collections::BTreeSet;

use flow_gateway::{
    access::scope::Scope::{InstructorsRead, InstructorsWrite},
    resources::instructors::Instructor,
    store::{
        db::Db,
        row::{self, Slice},
    },
};
use serde_json::json;

use crate::support::{
    crowd::copy,
    studio::{Client, on_both_engines},
};

const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Follows the cursor to the end: the ids in their order, and whether a page was shorter than its limit.
async fn follow(client: &Client) -> (Vec<String>, bool) {
    let (mut ids, mut short, mut cursor) = (Vec::new(), false, String::new());
    loop {
        let page = client.get(&format!("/v1/instructors?limit=100{cursor}")).await.expect(200);
        assert!(page.to_string().len() <= MAX_BODY_BYTES);
        let rows = page["data"].as_array().expect("rows");
        ids.extend(rows.iter().map(|row| row["id"].as_str().expect("an id").to_owned()));
        let Some(next) = page["next_cursor"].as_str() else { return (ids, short) };
        assert!(!rows.is_empty());
        short |= rows.len() < 100;
        cursor = format!("&cursor={next}");
    }
}

#[apply(on_both_engines!)]
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

#[apply(on_both_engines!)]
async fn no_more_of_large_rows_is_read_than_fills_a_page(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let row = server.post("/v1/instructors", json!({"display_name": "Anna"})).await.expect(201);
    copy(&studio.app.db, "instructors", row["id"].as_str().expect("an id"), 40, &[]).await;
    let large = json!({"display_name": "Rui", "bio": "ö".repeat(10_000)});
    let row = server.post("/v1/instructors", large).await.expect(201);
    let slug = ("slug", "'large-' || n".to_owned());
    let later = match studio.app.db {
        Db::Sqlite { .. } => "'ins_02' || printf('%024d', n)",
        Db::Postgres(_) => "'ins_02' || lpad(n::text, 24, '0')",
    };
    let external = ("external_id", "null".to_owned());
    copy(
        &studio.app.db,
        "instructors",
        row["id"].as_str().expect("an id"),
        300,
        &[("id", later.to_owned()), slug, external],
    )
    .await;
    let (mut after, mut seen) = (None, 0);
    loop {
        let slice =
            Slice::<Instructor> { id: None, external_id: None, updated_since: None, after, words: vec![], limit: 100 };
        let listed = row::list(studio.app.db.of(studio.id), slice, |query| query).await.expect("rows");
        let bytes: usize = listed.rows.iter().map(|row| serde_json::to_string(row).expect("JSON").len()).sum();
        assert!(bytes < 2 * MAX_BODY_BYTES, "{bytes} in {} rows", listed.rows.len());
        seen += listed.rows.len();
        after = listed.rows.last().map(|row| row.id.to_string());
        if !listed.more {
            break;
        }
    }
    assert_eq!(seen, 342);
}

#[apply(on_both_engines!)]
async fn rows_of_which_websites_see_little_end_a_page_early_and_none_is_lost(studio: Studio) {
    let server = studio.server(&[InstructorsRead, InstructorsWrite]).await;
    let metadata: serde_json::Map<_, _> = (0..50).map(|n| (format!("k{n}"), "x".repeat(500).into())).collect();
    let row = server.post("/v1/instructors", json!({"display_name": "Anna", "metadata": metadata})).await.expect(201);
    copy(&studio.app.db, "instructors", row["id"].as_str().expect("an id"), 230, &[]).await;
    let (ids, short) = follow(&studio.website().await).await;
    assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (231, 231));
    assert!(ids.is_sorted() && short);
}
