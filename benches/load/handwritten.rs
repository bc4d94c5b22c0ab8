//! What anybody would write: axum, sqlx, one query, a struct, `Json`. No key, no limits, no log, no cursor.

use std::collections::BTreeMap;

use axum::{Json, Router, extract::State, response::IntoResponse, routing::get};
use flow_gateway::store::instant::Instant;
use serde::Serialize;
use sqlx::{
    Decode, PgPool, Postgres, Row, SqlitePool, Type,
    error::BoxDynError,
    postgres::{PgPoolOptions, PgTypeInfo, PgValueRef, types::Oid},
    sqlite::SqlitePoolOptions,
    types::Json as Column,
};

const QUERY: &str = "select id, version, created_at, updated_at, external_id, metadata, display_name, first_name, last_name, \
    slug, bio, photo_url, email, phone, specialties, links, status, position \
    from instructors where studio_id = $1 order by id limit 25";

#[derive(Serialize)]
struct Page {
    data: Vec<Instructor>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct Instructor {
    id: String,
    version: i64,
    created_at: Moment,
    updated_at: Moment,
    external_id: Option<String>,
    metadata: Column<BTreeMap<String, String>>,
    display_name: String,
    first_name: Option<String>,
    last_name: Option<String>,
    slug: String,
    bio: Option<String>,
    photo_url: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    specialties: Column<Vec<String>>,
    links: Column<BTreeMap<String, String>>,
    status: String,
    position: i64,
}

/// Text on SQLite; eight bytes on PostgreSQL.
#[derive(Serialize)]
#[serde(untagged)]
enum Moment {
    Text(String),
    Micros(Instant),
}

const MICROS_TO_2000: i64 = 946_684_800_000_000;

impl Type<Postgres> for Moment {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(1184))
    }
}

impl Decode<'_, Postgres> for Moment {
    fn decode(value: PgValueRef<'_>) -> Result<Self, BoxDynError> {
        let micros = i64::from_be_bytes(value.as_bytes()?.try_into()?);
        Ok(Self::Micros(Instant::from_micros(micros + MICROS_TO_2000)))
    }
}

macro_rules! handler {
    ($name:ident $pool:ty, $moment:expr) => {
        async fn $name(State((pool, studio)): State<($pool, String)>) -> impl IntoResponse {
            let rows = sqlx::query(QUERY).bind(&studio).fetch_all(&pool).await.expect("rows");
            let data = rows
                .iter()
                .map(|row| Instructor {
                    id: row.get(0),
                    version: row.get(1),
                    created_at: $moment(row.get(2)),
                    updated_at: $moment(row.get(3)),
                    external_id: row.get(4),
                    metadata: row.get(5),
                    display_name: row.get(6),
                    first_name: row.get(7),
                    last_name: row.get(8),
                    slug: row.get(9),
                    bio: row.get(10),
                    photo_url: row.get(11),
                    email: row.get(12),
                    phone: row.get(13),
                    specialties: row.get(14),
                    links: row.get(15),
                    status: row.get(16),
                    position: row.get(17),
                })
                .collect();
            Json(Page { data, next_cursor: None })
        }
    };
}

handler!(on_sqlite SqlitePool, Moment::Text);
handler!(on_postgres PgPool, |moment: Moment| moment);

/// The route, over as many connections as the gateway has.
pub async fn router(url: &str) -> Router {
    let route = "/v1/instructors";
    let studio = "select id from studios";
    if url.starts_with("postgres") {
        let pool = PgPoolOptions::new().max_connections(20).connect(url).await.expect("a pool");
        let studio = sqlx::query_scalar(studio).fetch_one(&pool).await.expect("the studio");
        Router::new().route(route, get(on_postgres)).with_state((pool, studio))
    } else {
        let pool = SqlitePoolOptions::new().max_connections(4).connect(url).await.expect("a pool");
        let studio = sqlx::query_scalar(studio).fetch_one(&pool).await.expect("the studio");
        Router::new().route(route, get(on_sqlite)).with_state((pool, studio))
    }
}
