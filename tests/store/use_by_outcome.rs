//! A database from before refused calls were counted.

use flow_gateway::{
    access::{history, keys, scope::Scope::InstructorsRead},
    store::{db::Db, open::open},
};

use crate::support::studio::{on_both_engines, secret};

/// Takes back the step that counts by outcome, and the note that it was taken.
async fn as_before(db: &Db) {
    let key_usage = match db {
        Db::Sqlite { .. } => {
            "drop table key_usage; create table key_usage (key_id text not null references keys (id), hour text not null, \
            operation text not null, calls integer not null, primary key (key_id, hour, operation)) strict, without rowid;"
        }
        Db::Postgres(_) => {
            "alter table key_usage drop column outcome; alter table key_usage add primary key (key_id, hour, operation);"
        }
    };
    let text = format!(
        "{key_usage} alter table key_networks drop column last_admitted_at; \
        alter table keys drop column last_used_from; alter table keys drop column uses_unknown_before; \
        delete from _sqlx_migrations where version = 28;"
    );
    run(db, &text).await;
}

async fn run(db: &Db, text: &str) {
    let text = sqlx::AssertSqlSafe(text.to_owned());
    match db {
        Db::Sqlite { writer, .. } => sqlx::raw_sql(text).execute(writer).await.map(drop),
        Db::Postgres(connections) => sqlx::raw_sql(text).execute(connections.pool()).await.map(drop),
    }
    .expect("it runs");
}

#[apply(on_both_engines!)]
async fn calls_that_were_counted_before_were_admitted_and_unused_keys_are_not_known_to_be(studio: Studio) {
    let (used, unused) = (studio.key(secret(&[InstructorsRead])).await, studio.key(secret(&[InstructorsRead])).await);
    let (db, id, at) = (&studio.app.db, used.stored.id, "2026-11-01T03:00:00.000000Z");
    as_before(db).await;
    run(db, &format!(
        "insert into key_usage (key_id, hour, operation, calls) values ('{id}', '{at}', 'managementListInstructors', 7); \
        insert into key_networks (key_id, network, first_seen_at, last_seen_at) values ('{id}', '192.0.2.7/32', '{at}', '{at}'); \
        update keys set last_used_at = '{at}' where id = '{id}';"
    ))
    .await;
    let db = open(&studio.url().parse().expect("a URL"), true).await.expect("it is migrated");
    let calls = history::usage(db.of(studio.id), id).await.expect("calls");
    assert_eq!((calls.len(), calls[0].outcome.as_str(), calls[0].calls), (1, "admitted", 7));
    let networks = history::used_from(db.of(studio.id), id).await.expect("networks");
    assert_eq!(
        (networks[0].network.to_string(), networks[0].last_admitted_at.is_some()),
        ("192.0.2.0/24".into(), true)
    );
    let key = async |id| keys::find(db.of(studio.id), id).await.expect("the key");
    assert!(key(id).await.last_used_at.is_some() && key(id).await.last_used_from.is_none());
    let unused = key(unused.stored.id).await;
    assert!(unused.last_used_at.is_none() && !unused.was_never_used());
    // A key that is made from now on is known from its first day.
    let fresh = studio.key(secret(&[InstructorsRead])).await;
    assert!(key(fresh.stored.id).await.was_never_used());
}
