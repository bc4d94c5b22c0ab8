//! A stolen database opens nothing.

use flow_gateway::{
    access::{
        key::{KeyKind, PresentedKey},
        scope::Scope::InstructorsRead,
    },
    store::db::Db,
};

use crate::support::studio::{Studio, publishable, secret};

/// Every byte that SQLite has written: the file and its log.
fn all_bytes(studio: &Studio) -> Vec<u8> {
    let file = studio.file().expect("a file");
    ["", "-wal"].iter().flat_map(|end| std::fs::read(format!("{}{end}", file.display())).unwrap_or_default()).collect()
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn a_stolen_file_holds_no_secret_key_nor_its_secret_part() {
    let studio = Studio::on_sqlite().await;
    let created = studio.key(secret(&[InstructorsRead])).await;
    let key = created.minted.reveal();
    studio.management_client().with_key(key).get("/v1/instructors").await.expect(200);
    studio
        .management_client()
        .with_key(key)
        .with("origin", "https://leak.example")
        .get("/v1/instructors")
        .await
        .is_problem(403, "secret_key_in_browser");
    studio.app.access.usage.write(&studio.app.db).await.expect("usage is written");
    let bytes = all_bytes(&studio);
    assert!(holds(&bytes, &created.stored.public_id.to_string()), "the search finds what is there");
    assert!(!holds(&bytes, key));
    assert!(!holds(&bytes, &key[20..52]));
}

#[tokio::test]
async fn what_is_stored_of_a_secret_key_is_not_a_key() {
    let studio = Studio::on_sqlite().await;
    let created = studio.key(secret(&[InstructorsRead])).await;
    assert!(created.stored.publishable.is_none());
    let stored = serde_json::to_string(&created.stored).expect("a record");
    assert!(stored.split('"').all(|word| PresentedKey::parse(word).is_err()));
    assert!(!format!("{:?}", created.stored).contains(created.minted.reveal()));
}

#[tokio::test]
async fn a_publishable_key_may_be_shown_again() {
    let studio = Studio::on_sqlite().await;
    let created = studio.key(publishable()).await;
    assert_eq!(created.stored.kind, KeyKind::Publishable);
    assert_eq!(created.stored.publishable.as_deref(), Some(created.minted.reveal()));
}

#[tokio::test]
async fn every_write_is_synced_before_it_is_answered() {
    let studio = Studio::on_sqlite().await;
    let Db::Sqlite { writer, snapshots, .. } = &studio.app.db else { return };
    for (pragma, wanted) in [("pragma synchronous", "2"), ("pragma foreign_keys", "1")] {
        let value: i64 = sqlx::query_scalar(pragma).fetch_one(writer).await.expect("a pragma");
        assert_eq!(value.to_string(), wanted, "{pragma}");
    }
    let mode: String = sqlx::query_scalar("pragma journal_mode").fetch_one(snapshots).await.expect("a pragma");
    assert_eq!(mode, "wal");
    let version: String = sqlx::query_scalar("select sqlite_version()").fetch_one(snapshots).await.expect("a version");
    let parts: Vec<u32> = version.split('.').filter_map(|part| part.parse().ok()).collect();
    assert!(parts >= vec![3, 51, 3], "SQLite {version} can corrupt a file");
}
