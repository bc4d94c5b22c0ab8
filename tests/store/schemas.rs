//! The two engines' schemas are one schema.

use std::collections::BTreeSet;

use flow_gateway::store::db::Db;

use crate::support::studio::Studio;

/// What a column is, in words that both engines share.
const SAME_TYPE: &[(&str, &str)] = &[
    ("text", "text"),
    ("text", "timestamp with time zone"),
    ("text", "jsonb"),
    ("integer", "bigint"),
    ("integer", "integer"),
    ("integer", "boolean"),
    ("real", "double precision"),
];

/// `table.column type null?` for each column.
type Columns = BTreeSet<(String, String, bool, String)>;

async fn columns_of(db: &Db) -> Columns {
    match db {
        Db::Sqlite { snapshots, .. } => {
            let text = "select m.name, c.name, c.\"notnull\" = 0 and c.pk = 0, lower(c.type) from sqlite_master m, pragma_table_info(m.name) c \
                where m.type = 'table' and m.name not like '\\_sqlx%' escape '\\' and m.name not like 'sqlite%' and m.name <> 'last_moment'";
            sqlx::query_as(text).fetch_all(snapshots).await
        }
        // There it is a sequence.
        Db::Postgres(connections) => {
            let text = "select table_name::text, column_name::text, is_nullable = 'YES', data_type::text from information_schema.columns \
                where table_schema = 'public' and table_name not like '\\_sqlx%'";
            sqlx::query_as(text).fetch_all(connections.pool()).await
        }
    }
    .expect("columns")
    .into_iter()
    .collect()
}

/// `table(column, column) unique?` for each index, whatever its name.
async fn indexes_of(db: &Db) -> BTreeSet<(String, String, bool)> {
    match db {
        Db::Sqlite { snapshots, .. } => {
            let text = "select m.name, (select group_concat(name, ',') from (select i.name from pragma_index_info(l.name) i order by i.seqno)), l.\"unique\" = 1 \
                from sqlite_master m, pragma_index_list(m.name) l where m.type = 'table' and m.name not like '\\_sqlx%' escape '\\' and m.name not like 'sqlite%'";
            sqlx::query_as(text).fetch_all(snapshots).await
        }
        Db::Postgres(connections) => {
            let text = "select t.relname::text, (select string_agg(a.attname, ',' order by k.place) from unnest(x.indkey) with ordinality k(number, place) \
                join pg_attribute a on a.attrelid = t.oid and a.attnum = k.number), x.indisunique from pg_index x \
                join pg_class t on t.oid = x.indrelid join pg_namespace n on n.oid = t.relnamespace \
                where n.nspname = 'public' and t.relname not like '\\_sqlx%'";
            sqlx::query_as(text).fetch_all(connections.pool()).await
        }
    }
    .expect("indexes")
    .into_iter()
    .collect()
}

#[tokio::test]
async fn both_engines_have_the_same_tables_columns_nulls_and_indexes() {
    let Some(postgres) = Studio::on_postgres().await else { return };
    let sqlite = Studio::on_sqlite().await;
    let (ours, theirs) = (columns_of(&sqlite.app.db).await, columns_of(&postgres.app.db).await);
    let named = |columns: &Columns| {
        columns.iter().map(|(table, column, null, _)| (table.clone(), column.clone(), *null)).collect::<Vec<_>>()
    };
    assert_eq!(named(&ours), named(&theirs));
    for ((table, column, _, ours), (_, _, _, theirs)) in ours.iter().zip(&theirs) {
        assert!(SAME_TYPE.contains(&(ours, theirs)), "{table}.{column} is {ours} and {theirs}");
    }
    // SQLite has no index of its own for `integer primary key`.
    let mut postgres_indexes = indexes_of(&postgres.app.db).await;
    postgres_indexes.remove(&("key_changes".into(), "id".into(), true));
    assert_eq!(indexes_of(&sqlite.app.db).await, postgres_indexes);
}

#[tokio::test]
async fn ids_sort_by_bytes_on_postgresql_whatever_its_locale() {
    let Some(studio) = Studio::on_postgres().await else { return };
    let Db::Postgres(connections) = &studio.app.db else { return };
    let text = "select table_name || '.' || column_name from information_schema.columns where table_schema = 'public' \
        and (column_name = 'id' or column_name like '%\\_id') and column_name <> 'external_id' and data_type = 'text' and collation_name is distinct from 'C'";
    let others: Vec<String> = sqlx::query_scalar(text).fetch_all(connections.pool()).await.expect("columns");
    assert!(others.is_empty(), "{others:?}");
}
