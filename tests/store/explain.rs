//! A page of a list costs what it shows, however many rows there are. The engines say so themselves: around each real
//! call, they are asked how they find its rows. With many rows of one studio and as many of another, no plan reads a
//! whole table, sorts one, or leaves what is asked for to be picked out row by row.

use flow_gateway::store::{db::Db, explain, postgres_connections::PostgresConnections};
use serde_json::{Value, json};

use crate::{
    resources::classes::{House, TIMETABLE, id, on_a_sunday, weekly, with},
    support::{
        crowd::{analyze, copy, moment},
        plans,
        studio::{Client, Studio, on_both_engines},
    },
};

/// Copies of each row: enough that PostgreSQL would notice a better way.
pub const MANY: u32 = 6000;
/// What a page of 25 may cost on PostgreSQL: the rows that are read and perhaps sorted, and the pages of tables and indexes
/// that they are read from, with the ways down to them.
const ROWS: u64 = 60;
const PAGES: u64 = 250;

/// Fills a studio.
async fn crowd(studio: &Studio, server: Client) -> House {
    let db = &studio.app.db;
    let house = House::with(server).await;
    let hour = |n: &str| moment(db, 1_900_000_000, &format!("{n} * 3600"));
    let changed = ("updated_at", moment(db, 1_700_000_000, "n"));
    copy(db, "instructors", &house.instructor, MANY, std::slice::from_ref(&changed)).await;
    copy(db, "locations", &house.location, MANY, std::slice::from_ref(&changed)).await;
    copy(db, "rooms", &house.room, MANY, std::slice::from_ref(&changed)).await;
    let class = house
        .class(with(weekly("monday", "18:30"), json!({"room_id": house.room, "instructor_id": house.instructor})))
        .await;
    let elsewhere = [("instructor_id", "null".into()), ("location_id", "null".into()), ("room_id", "null".into())];
    copy(db, "classes", &id(&class), MANY, &[std::slice::from_ref(&changed), &elsewhere].concat()).await;
    let occurrence = id(&house.occurrences(&class).await[0]);
    let of_occurrence = [
        changed,
        ("starts_at", hour("n")),
        ("ends_at", hour("(n + 1)")),
        (
            "class_id",
            "case when n % 2 = 0 then t.class_id else (select min(id) from classes where studio_id = t.studio_id) end"
                .into(),
        ),
    ];
    copy(db, "occurrences", &occurrence, MANY, &[&of_occurrence[..], &elsewhere].concat()).await;
    house
}

/// Changes a few rows after the engine has looked: of what they have now, it knows nothing.
async fn set_rare_values(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    for (table, column, rare) in [
        ("instructors", "status", "inactive"),
        ("locations", "status", "archived"),
        ("locations", "kind", "online"),
        ("rooms", "status", "archived"),
        ("classes", "status", "cancelled"),
        ("classes", "level", "advanced"),
        ("classes", "visibility", "hidden"),
        ("occurrences", "status", "cancelled"),
    ] {
        let text = format!("update {table} set {column} = '{rare}' where id like '%500'");
        tx.on().query(text).execute().await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// Leaves only each 250th class and occurrence to websites: of the others, half are hidden, half cancelled.
async fn hide_nearly_all(db: &Db) {
    let mut tx = db.begin().await.unwrap();
    for table in ["classes", "occurrences"] {
        let rest = "case when id like '%250' or id like '%500' or id like '%750' or id like '%000' then";
        let text = format!(
            "update {table} set visibility = {rest} 'public' when id like '%1' or id like '%3' or id like '%5' or id like '%7' \
            or id like '%9' then 'public' else 'hidden' end, status = {rest} '{}' when visibility = 'hidden' then status \
            else 'cancelled' end",
            if table == "classes" { "active" } else { "scheduled" },
        );
        tx.on().query(text).execute().await.unwrap();
    }
    let text = "update occurrences set visibility = 'hidden' where status = 'cancelled'";
    tx.on().query(text).execute().await.unwrap();
    tx.commit().await.unwrap();
}

/// Pages of Management with two filters, of which neither narrows much by itself.
async fn judge_two_at_once(judge: &mut Judge<'_>, server: &Client, class: &str) {
    for (status, visibility) in
        [("active", "public"), ("active", "hidden"), ("cancelled", "public"), ("cancelled", "hidden")]
    {
        let filter = format!("status={status}&visibility={visibility}");
        judge.check(server, "/v1/classes", &filter, &["status=? AND visibility=?"]).await;
    }
    for status in ["scheduled", "cancelled"] {
        let filter = format!("class_id={class}&status={status}");
        judge.check(server, "/v1/schedule", &filter, &["class_id=? AND status=?", "starts_at>?"]).await;
    }
}

/// A page, and the plans of what is read for it: the list's own rows first.
async fn ask(client: &Client, path: &str) -> (Value, Vec<String>) {
    // PostgreSQL looks at the values of the first five, and may then settle on a plan for all.
    for _ in 0..6 {
        explain::of(client.get(path)).await.0.expect(200);
    }
    let (reply, plans) = plans::of(client.get(path)).await;
    (reply.expect(200), plans)
}

/// What a plan wastes, if anything. On SQLite it has to name what the rows are found by.
fn waste(db: &Db, plan: &str, found_by: &[&str]) -> Option<String> {
    match db {
        Db::Sqlite { .. } => {
            // The page itself is read from its first row to its last, and so is a list that is bound.
            let tables = plan.lines().filter(|line| !line.contains("SCAN page") && !line.contains("VIRTUAL TABLE"));
            let plan = tables.collect::<Vec<_>>().join("\n");
            let wasted = ["SCAN ", "TEMP B-TREE", "AUTOMATIC"].into_iter().find(|waste| plan.contains(waste));
            let missing =
                || found_by.iter().find(|found| !plan.contains(**found)).map(|found| format!("not by {found}"));
            wasted.map(str::to_owned).or_else(missing)
        }
        Db::Postgres(_) => {
            let numbers = |name: &str| -> Vec<u64> {
                let digits = |rest: &str| rest.split(|sign: char| !sign.is_ascii_digit()).next()?.parse().ok();
                plan.split(name).skip(1).filter_map(digits).collect()
            };
            let most = numbers("(actual rows=").into_iter().max().unwrap_or(u64::MAX);
            let removed: u64 = numbers("Rows Removed by Filter: ").iter().sum();
            // The outermost node counts for all below it, and stands first.
            let read: u64 = ["shared hit=", " read="].iter().filter_map(|name| numbers(name).first().copied()).sum();
            (plan.contains("Seq Scan") || most + removed > ROWS || read > PAGES)
                .then(|| format!("{most} rows read, {removed} more picked out, {read} pages"))
        }
    }
}

/// What has been found wrong with the pages of some lists.
pub struct Judge<'a> {
    pub db: &'a Db,
    pub faults: Vec<String>,
}

impl Judge<'_> {
    /// Asks for a page, and for the next one, and looks at both plans.
    pub async fn check(&mut self, client: &Client, list: &str, filter: &str, found_by: &[&str]) {
        let what = format!("{list}?{filter}");
        let (page, plans) = ask(client, &format!("{what}&limit=25")).await;
        self.judge(&what, &plans, found_by);
        let Some(cursor) = page["next_cursor"].as_str() else { return };
        let (_, plans) = ask(client, &format!("{what}&limit=25&cursor={cursor}")).await;
        let behind = match list {
            _ if filter.contains("updated_since") => "(updated_at,id)>(?,?)",
            "/v1/schedule" => "(starts_at,id)>(?,?)",
            _ => "id>?",
        };
        let found_by: Vec<_> =
            found_by.iter().copied().filter(|found| !found.ends_with(">?")).chain([behind]).collect();
        self.judge(&format!("{what}, further on"), &plans, &found_by);
    }

    fn judge(&mut self, what: &str, plans: &[String], found_by: &[&str]) {
        assert!(!plans.is_empty(), "{what}: no plan");
        for (plan, found_by) in plans.iter().zip([found_by].into_iter().chain(std::iter::repeat(&[][..]))) {
            self.faults.extend(waste(self.db, plan, found_by).map(|waste| format!("{what}: {waste}\n{plan}")));
        }
    }
}

#[apply(on_both_engines!)]
#[allow(clippy::too_many_lines, reason = "every page stands once, in one table")]
async fn every_page_of_every_list_and_filter_reads_what_it_shows(studio: Studio) {
    let studio = on_a_sunday(studio).await.instance_without_cache().await;
    let house = crowd(&studio, studio.server(TIMETABLE).await).await;
    crowd(&studio, studio.server_of(studio.neighbour().await, TIMETABLE).await).await;
    let db = &studio.app.db;
    analyze(db).await;
    set_rare_values(db).await;
    let website = studio.website().await;
    let mut judge = Judge { db, faults: Vec::new() };
    let House { server, location, room, instructor } = &house;
    let class = id(&server.get(&format!("/v1/classes?room_id={room}")).await.rows()[0]);
    let (rooms, since) = (format!("/v1/locations/{location}/rooms"), "updated_since=2023-11-14T22:30:00Z");
    let lists = ["/v1/instructors", "/v1/locations", &rooms, "/v1/classes", "/v1/schedule"];
    for list in lists {
        judge.check(server, list, "", &["studio_id=?"]).await;
        judge.check(server, list, since, &["updated_at>?"]).await;
        judge.check(server, list, &format!("id={class}").replace("cls", prefix(list)), &["id=?"]).await;
        judge.check(server, list, "external_id=000000000000000000000700", &["external_id=?"]).await;
    }
    let statuses = [
        ("/v1/instructors", "active", "inactive"),
        ("/v1/locations", "active", "archived"),
        (&rooms, "active", "archived"),
        ("/v1/classes", "active", "cancelled"),
        ("/v1/schedule", "scheduled", "cancelled"),
    ];
    for (list, usual, rare) in statuses {
        for status in [usual, rare] {
            judge.check(server, list, &format!("status={status}"), &["status=?"]).await;
            if list != rooms {
                judge.check(server, list, &format!("status={status}&{since}"), &["updated_at>?"]).await;
            }
        }
    }
    for (filter, found) in [("kind=physical", "kind=?"), ("kind=online", "kind=?")] {
        judge.check(server, "/v1/locations", filter, &[found]).await;
    }
    for filter in [
        format!("instructor_id={instructor}"),
        format!("location_id={location}"),
        format!("room_id={room}"),
        "program_id=prg_01jdc9x0aetqt8q3yv0gcm1v5k".into(),
        "level=all".into(),
        "level=advanced".into(),
        "visibility=public".into(),
        "visibility=hidden".into(),
    ] {
        let found = format!("{}=?", filter.split_once('=').unwrap().0);
        judge.check(server, "/v1/classes", &filter, &[&found]).await;
    }
    for filter in [
        format!("instructor_id={instructor}"),
        format!("location_id={location}"),
        format!("room_id={room}"),
        format!("class_id={class}"),
    ] {
        let found = format!("{}=?", filter.split_once('=').unwrap().0);
        for more in ["", "&status=scheduled", "&from=2030-06-01", "&from=2030-06-01&to=2030-06-30"] {
            judge.check(server, "/v1/schedule", &format!("{filter}{more}"), &[&found, "starts_at>?"]).await;
        }
    }
    for list in ["/v1/instructors", "/v1/locations", "/v1/classes"] {
        judge.check(&website, list, "", &["status=?"]).await;
    }
    for list in ["/v1/instructors", "/v1/locations", "/v1/classes", "/v1/schedule"] {
        judge.check(&website, list, since, &["updated_at>?"]).await;
    }
    judge.check(server, "/v1/classes", &format!("status=active&visibility=public&{since}"), &["updated_at>?"]).await;
    judge.check(&website, "/v1/instructors", "slug=000000000000000000000700", &["slug=?"]).await;
    for (list, filter) in [
        ("/v1/classes", format!("instructor_id={instructor}")),
        ("/v1/classes", format!("location_id={location}")),
        ("/v1/schedule", format!("class_id={class}")),
        ("/v1/schedule", format!("instructor_id={instructor}")),
    ] {
        let found = format!("{}=?", filter.split_once('=').unwrap().0);
        judge.check(&website, list, &filter, &[&found]).await;
    }
    for filter in ["", "from=2030-06-01", "from=2030-06-01&to=2030-06-30"] {
        judge.check(&website, "/v1/schedule", filter, &["visibility=?", "starts_at>?"]).await;
        judge.check(server, "/v1/schedule", filter, &["studio_id=? AND starts_at>?"]).await;
    }
    judge_two_at_once(&mut judge, server, &class).await;
    // And where next to nothing is public, or takes place any more.
    hide_nearly_all(db).await;
    analyze(db).await;
    for filter in ["", "from=2030-01-01", "from=2030-01-01&to=2030-12-31"] {
        judge.check(&website, "/v1/schedule", filter, &["visibility=?", "starts_at>?"]).await;
    }
    judge.check(&website, "/v1/classes", "", &["status=? AND visibility=?"]).await;
    judge_two_at_once(&mut judge, server, &class).await;
    assert!(judge.faults.is_empty(), "{}", judge.faults.join("\n\n"));
    // And it would be told, were an index not there.
    let mut tx = db.begin().await.unwrap();
    for index in ["instructors_by_status", "occurrences_by_room", "classes_by_change"] {
        tx.on().query(format!("drop index {index}")).execute().await.unwrap();
    }
    tx.commit().await.unwrap();
    let other = studio.instance_without_cache().await;
    let server = other.server(TIMETABLE).await;
    for (list, filter, found) in [
        ("/v1/instructors", "status=inactive", "status=?"),
        ("/v1/schedule", &format!("room_id={room}"), "room_id=?"),
        ("/v1/classes", since, "updated_at>?"),
    ] {
        judge = Judge { db: &other.app.db, faults: Vec::new() };
        judge.check(&server, list, filter, &[found]).await;
        assert!(!judge.faults.is_empty(), "{list}?{filter} without its index");
    }
}

/// The prefix of the ids of a list.
fn prefix(list: &str) -> &'static str {
    match list {
        "/v1/instructors" => "ins",
        "/v1/locations" => "loc",
        "/v1/classes" => "cls",
        "/v1/schedule" => "occ",
        _ => "room",
    }
}

/// How often PostgreSQL took the one plan for all values, and how often one of its own, for what it was asked of classes.
async fn plans_taken(connections: &PostgresConnections) -> (i64, i64) {
    let mut all = Vec::new();
    while all.len() < usize::try_from(connections.pool().size()).expect("a number") {
        all.push(connections.pool().acquire().await.expect("a connection"));
    }
    let mut taken = (0, 0);
    for connection in &mut all {
        let text = "select coalesce(sum(generic_plans), 0)::bigint, coalesce(sum(custom_plans), 0)::bigint \
            from pg_prepared_statements where statement like '%from classes where%limit 26%' and statement not like '%prepared%'";
        let (once, anew): (i64, i64) =
            sqlx::query_as(text).fetch_one(&mut **connection).await.expect("they are counted");
        taken = (taken.0 + once, taken.1 + anew);
    }
    taken
}

#[tokio::test(flavor = "multi_thread")]
async fn postgresql_plans_a_list_once_and_for_each_call_where_a_value_may_be_rare() {
    const CALLS: i64 = 300;
    let Some(studio) = Studio::on_postgres().await else { return };
    let studio = on_a_sunday(studio).await.instance_without_cache().await;
    let house = House::of(&studio).await;
    house.class(weekly("monday", "18:30")).await;
    let Db::Postgres(connections) = &studio.app.db else { unreachable!("it is PostgreSQL") };
    let calls = async |path: &str| {
        let before = plans_taken(connections).await;
        // The first five of each connection are planned anew, whatever they are.
        for _ in 0..CALLS {
            house.server.get(path).await.expect(200);
        }
        let after = plans_taken(connections).await;
        (after.0 - before.0, after.1 - before.1)
    };
    for path in [
        "/v1/classes",
        "/v1/classes?status=active",
        "/v1/classes?updated_since=2020-01-01T00:00:00Z",
        "/v1/classes?q=yin",
    ] {
        let (once, anew) = calls(path).await;
        assert!(once >= CALLS / 2 && once + anew == CALLS, "{path}: {once} by the one plan, {anew} by their own");
    }
    for filter in [format!("location_id={}", house.location), format!("room_id={}&status=active", house.room)] {
        assert_eq!(calls(&format!("/v1/classes?{filter}")).await, (0, CALLS), "{filter}");
    }
}
