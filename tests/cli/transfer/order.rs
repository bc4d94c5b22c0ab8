//! An import is judged as it ends: the order of its lines decides nothing.

use std::fs;

use serde_json::{Value, json};

use super::{exported, import, rows, said, tally};
use crate::cli::gateway::{Home, on_both_engines};

/// A field of all rows.
fn all(home: &Home, resource: &str, field: &str) -> Value {
    rows(home, resource).iter().map(|row| row[field].clone()).collect()
}

#[apply(on_both_engines!)]
fn two_members_swap_their_addresses(home: Home) {
    home.studio("casa");
    import(&home, "members.csv", "Client ID,Email\n1,a@mail.example\n2,b@mail.example\n", &[]).done();
    for (lines, ends) in
        [("1,b@mail.example\n2,a@mail.example", ["b", "a"]), ("2,b@mail.example\n1,a@mail.example", ["a", "b"])]
    {
        assert_eq!(tally(&home, "members.csv", &format!("Client ID,Email\n{lines}\n"), &[]), [0, 2, 0], "{lines}");
        assert_eq!(all(&home, "members", "email"), json!(ends.map(|name| format!("{name}@mail.example"))));
    }
    assert!(
        said(&home, import(&home, "members.csv", "Client ID,Email\n1,b@mail.example\n", &[]))
            .contains("members.csv:2: email: is that of another member")
    );
    let three = "Client ID,Email\n1,b@mail.example\n2,c@mail.example\n3,a@mail.example\n";
    assert_eq!(tally(&home, "members.csv", three, &[]), [1, 2, 0]);
}

#[apply(on_both_engines!)]
fn slugs_codes_and_external_ids_change_hands(home: Home) {
    home.studio("casa");
    let people = r#"{"id": "ins_01jdc9x0aetqt8q3yv0gcm1v5k", "display_name": "A", "slug": "a", "external_id": "x"}
{"id": "ins_01jdc9x0aetqt8q3yv0gcm1v5m", "display_name": "B", "slug": "b", "external_id": "y"}"#;
    import(&home, "instructors.jsonl", people, &[]).done();
    let swapped = people
        .replace("\"a\"", "\"?\"")
        .replace("\"b\"", "\"a\"")
        .replace("\"?\"", "\"b\"")
        .replace("\"x\"", "\"?\"")
        .replace("\"y\"", "\"x\"")
        .replace("\"?\"", "\"y\"");
    let backwards = |text: &str| text.lines().rev().collect::<Vec<_>>().join("\n");
    for lines in [swapped.clone(), people.to_owned(), backwards(&swapped), backwards(people)] {
        assert_eq!(tally(&home, "instructors.jsonl", &lines, &[]), [0, 2, 0], "{lines}");
    }
    assert_eq!(all(&home, "instructors", "slug"), json!(["a", "b"]));
    import(&home, "instructors.jsonl", &swapped, &[]).done();
    assert_eq!(all(&home, "instructors", "external_id"), json!(["y", "x"]));
    // A slug that no line says is one that no line takes, whichever comes first.
    for lines in [
        "{\"display_name\": \"Eva\"}\n{\"display_name\": \"E.\", \"slug\": \"eva\"}",
        "{\"display_name\": \"F.\", \"slug\": \"fay\"}\n{\"display_name\": \"Fay\"}",
    ] {
        assert_eq!(tally(&home, "instructors.jsonl", lines, &[]), [2, 0, 0]);
    }
    let slugs = all(&home, "instructors", "slug");
    for slug in ["eva", "eva-2", "fay", "fay-2"] {
        assert!(slugs.as_array().expect("slugs").contains(&json!(slug)), "{slugs}");
    }
}

#[apply(on_both_engines!)]
fn two_occurrences_swap_their_rooms_and_two_classes_their_times(home: Home) {
    home.studio("casa");
    let location = r#"{"name": "Alfama", "id": "loc_01jdc9x0aetqt8q3yv0gcm1v5k"}"#;
    import(&home, "locations.jsonl", location, &[]).done();
    let [attic, garden] = ["room_01jdc9x0aetqt8q3yv0gcm1v5k", "room_01jdc9x0aetqt8q3yv0gcm1v5m"];
    let rooms = [attic, garden]
        .map(|id| json!({"name": "R", "id": id, "location_id": "loc_01jdc9x0aetqt8q3yv0gcm1v5k"}).to_string());
    import(&home, "rooms.jsonl", &rooms.join("\n"), &[]).done();
    let class = |name: &str, room: &str, time: &str| {
        json!({"external_id": name, "name": name, "duration_minutes": 60, "room_id": room,
        "recurrence": {"starts_on": "2026-01-05", "weekly": [{"weekday": "monday", "start_time": time}]}})
        .to_string()
    };
    let both = |times: [&str; 2], rooms: [&str; 2]| [class("a", rooms[0], times[0]), class("b", rooms[1], times[1])];
    import(&home, "classes.jsonl", &both(["18:00", "18:00"], [attic, garden]).join("\n"), &[]).done();
    let schedule = rows(&home, "schedule");
    let of = |room: &str| schedule.iter().find(|row| row["room_id"] == room).expect("an occurrence")["id"].clone();
    let mut swap = [json!({"id": of(attic), "room_id": garden}), json!({"id": of(garden), "room_id": attic})];
    assert!(
        said(&home, import(&home, "schedule.jsonl", &swap[0].to_string(), &[]))
            .contains("schedule.jsonl:1: room_id: The room is taken")
    );
    for _ in 0..2 {
        let lines = swap.clone().map(|line| line.to_string()).join("\n");
        assert_eq!(tally(&home, "schedule.jsonl", &lines, &[]), [0, 2, 0]);
        let (one, other) = (swap[0]["room_id"].clone(), swap[1]["room_id"].clone());
        (swap[0]["room_id"], swap[1]["room_id"]) = (other, one);
        swap.reverse();
    }
    // Two classes in one room that swap their times, in either order.
    for times in [["10:00", "12:00"], ["12:00", "10:00"]] {
        assert_eq!(tally(&home, "classes.jsonl", &both(times, [attic, attic]).join("\n"), &[]), [0, 2, 0]);
    }
    let back = both(["10:00", "12:00"], [attic, attic]);
    assert_eq!(tally(&home, "classes.jsonl", &[back[1].clone(), back[0].clone()].join("\n"), &[]), [0, 2, 0]);
    // A room is archived in the import that moves its classes out of it.
    fs::create_dir(home.path("in")).expect("a directory");
    home.write("in/rooms.jsonl", &json!({"id": attic, "status": "archived"}).to_string());
    home.write("in/classes.jsonl", &both(["10:00", "12:00"], [garden, attic]).join("\n"));
    let directory = home.path("in").display().to_string();
    let before = exported(&home, "casa", "before");
    let told = said(&home, home.run(&["import", "--studio", "casa", &directory]));
    assert!(told.contains("in/rooms.jsonl:1: status: Classes are going to take place in this room"), "{told}");
    assert_eq!(exported(&home, "casa", "after"), before);
    home.write("in/classes.jsonl", &both(["10:00", "12:00"], [garden, garden]).join("\n"));
    home.write("in/schedule.jsonl", &json!({"id": of(attic), "room_id": null}).to_string());
    home.run(&["import", "--studio", "casa", &directory]).done();
}
