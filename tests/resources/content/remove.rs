//! `DELETE /v1/content/{contentId}`

use serde_json::{Value, json};

use super::{CONTENT, neck, path, piece};
use crate::support::studio::on_both_engines;

#[apply(on_both_engines!)]
async fn a_removed_piece_is_gone_for_good(studio: Studio) {
    let server = studio.server(CONTENT).await;
    let row = piece(&studio, "Neck", neck()).await;
    let stays = piece(&studio, "Back", json!({"status": "published"})).await;
    let told = server.delete(&format!("{}?dry_run=true", path(&row))).await.expect(200);
    assert_eq!((&told["dry_run"], &told["result"]), (&json!(true), &Value::Null));
    server.clone().with("if-match", "\"2\"").delete(&path(&row)).await.is_problem(412, "version_mismatch");
    studio.server_of(studio.neighbour().await, CONTENT).await.delete(&path(&row)).await.is_problem(404, "not_found");
    assert_eq!(server.get("/v1/content").await.rows().len(), 2);
    let reply = server.clone().with("if-match", "\"1\"").delete(&path(&row)).await;
    assert_eq!((reply.status.as_u16(), reply.body.len(), reply.header("etag")), (204, 0, ""));
    server.delete(&path(&row)).await.is_problem(404, "not_found");
    assert_eq!(server.get("/v1/content").await.rows(), [stays]);
    assert_eq!(studio.website().await.get("/v1/content").await.rows().len(), 1);
    piece(&studio, "Neck", neck()).await;
}
