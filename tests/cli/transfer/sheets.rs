//! Spreadsheets, as people and other platforms write them.

use serde_json::{Value, json};

use super::{import, refusal, rows, tally};
use crate::cli::gateway::{Home, on_both_engines};

#[apply(on_both_engines!)]
fn a_spreadsheet_names_its_fields_in_the_heading(home: Home) {
    home.studio("casa");
    let sheet = "\u{feff}Display Name,firstName,Specialties,Links.instagram,metadata.Old Id,Position,bio,STATUS\r\n\
        \"Berg, Anna\",Anna,Yin; Vinyasa ;,https://instagram.example/anna,7,3,\"Two\nlines.\",Active\r\n\
        Ben,,,,,,,\r\n,,,,,,,\r\n";
    assert_eq!(tally(&home, "instructors.csv", sheet, &[]), [2, 0, 0]);
    let [anna, ben] = <[Value; 2]>::try_from(rows(&home, "instructors")).expect("two");
    assert_eq!(
        (&anna["display_name"], &anna["first_name"], &anna["position"]),
        (&json!("Berg, Anna"), &json!("Anna"), &json!(3))
    );
    assert_eq!(
        (&anna["specialties"], &anna["bio"], &anna["status"]),
        (&json!(["Yin", "Vinyasa"]), &json!("Two\nlines."), &json!("active"))
    );
    assert_eq!(
        (&anna["links"], &anna["metadata"]),
        (&json!({"instagram": "https://instagram.example/anna"}), &json!({"Old Id": "7"}))
    );
    assert_eq!((&ben["position"], &ben["specialties"], &ben["bio"]), (&json!(0), &json!([]), &Value::Null));
}

#[apply(on_both_engines!)]
fn semicolons_and_tabs_separate_as_well(home: Home) {
    home.studio("casa");
    assert_eq!(
        tally(
            &home,
            "plans.csv",
            "name;price.amount;price.currency;external_id\nOne visit;1500;EUR;one\n\"A; B\";1;EUR;two\n",
            &[]
        ),
        [2, 0, 0]
    );
    assert_eq!(tally(&home, "plans.tsv", "name\tprice.amount\texternal_id\nOne\t1600\tone\n", &[]), [0, 1, 0]);
    let plans = rows(&home, "plans");
    assert_eq!((&plans[0]["name"], &plans[0]["price"]), (&json!("One"), &json!({"amount": 1600, "currency": "EUR"})));
    assert_eq!(plans[1]["name"], "A; B");
}

#[apply(on_both_engines!)]
fn an_empty_cell_says_nothing(home: Home) {
    home.studio("casa");
    tally(&home, "instructors.csv", "external_id,display_name,bio\na,Anna,Yin.\n", &[]);
    assert_eq!(tally(&home, "instructors.csv", "external_id,display_name,bio,position\na,,,\n", &[]), [0, 0, 1]);
    assert_eq!(tally(&home, "instructors.csv", "external_id,position\na,4\n", &[]), [0, 1, 0]);
    assert_eq!(rows(&home, "instructors")[0]["bio"], "Yin.");
}

#[apply(on_both_engines!)]
fn a_quote_swallows_no_lines(home: Home) {
    home.studio("casa");
    let people: Vec<_> = (0..300).map(|number| format!("Name {number},Bio {number}")).collect();
    let with = |at: usize, bio: &str| {
        let mut people = people.clone();
        people[at] = format!("Name {at},{bio}");
        format!("display_name,bio\n{}\n", people.join("\n"))
    };
    let said = refusal(&home, "instructors.csv", &with(100, "\"never closed"));
    assert!(said.contains("instructors.csv:102: has a quote that is never closed"), "{said}");
    let said = refusal(&home, "instructors.csv", &with(7, "\"closed\" and gone on"));
    assert!(said.contains("instructors.csv:9: has text behind a closing quote"), "{said}");
    assert!(rows(&home, "instructors").is_empty());
    assert_eq!(tally(&home, "instructors.csv", &with(7, "a 5\" nail").replace('\n', "\r\n"), &[]), [300, 0, 0]);
    assert_eq!(rows(&home, "instructors")[7]["bio"], "a 5\" nail");
}

#[apply(on_both_engines!)]
fn money_is_whole_minor_units(home: Home) {
    home.studio("casa");
    let said = refusal(
        &home,
        "plans.csv",
        "name,price.amount,price.currency,class_credits\nA,59.00,EUR,\nB,1e3,EUR,10.0\nC,\"59,00\",EUR,\n",
    );
    for told in [
        "plans.csv:2: price.amount: must be an integer, in minor units, such as 5900",
        "plans.csv:3: price.amount: must be",
        "plans.csv:3: class_credits: must be null or an integer",
        "plans.csv:4: price.amount: must be",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert_eq!(tally(&home, "plans.csv", "name,price.amount,price.currency\nA,+5900,EUR\n", &[]), [1, 0, 0]);
}

#[apply(on_both_engines!)]
fn a_cell_clears_by_null_and_is_exact_in_quotes_of_json(home: Home) {
    home.studio("casa");
    tally(&home, "instructors.csv", "external_id,display_name,bio,phone\na,Anna,Yin.,123\n", &[]);
    assert_eq!(tally(&home, "instructors.csv", "external_id,phone,bio\na,null,\"\"\" null \"\"\"\n", &[]), [0, 1, 0]);
    let anna = rows(&home, "instructors").remove(0);
    assert_eq!((&anna["phone"], &anna["bio"]), (&Value::Null, &json!(" null ")));
}

#[apply(on_both_engines!)]
fn excel_may_say_what_separates(home: Home) {
    home.studio("casa");
    assert_eq!(tally(&home, "instructors.csv", "\u{feff}sep=;\r\ndisplay_name;bio\r\nAnna;a,b\r\n", &[]), [1, 0, 0]);
    assert!(
        refusal(&home, "instructors.csv", "sep=;\ndisplay_name;bio\nAnna\n")
            .contains("instructors.csv:3: has 1 cells where")
    );
    assert!(
        refusal(&home, "instructors.csv", "sep=;\ndisplay_name;Shoes\nAnna;1\n")
            .contains("instructors.csv:2: the column `Shoes`")
    );
}

#[apply(on_both_engines!)]
fn a_cell_that_is_not_right_is_named_by_its_line_and_field(home: Home) {
    home.studio("casa");
    let said =
        refusal(&home, "plans.csv", "name,price.amount,price.currency,position\n\"A\nB\",ten,EUR,1\nC,10,euro,\nD\n");
    for told in [
        "plans.csv:2: price.amount: must be an integer",
        "plans.csv:4: price.currency: must have at most 3",
        "plans.csv:5: has 1 cells where the heading has 4",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    assert!(rows(&home, "plans").is_empty());
}

#[test]
fn a_column_that_is_no_field_is_told_and_can_be_passed_over() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let sheet = "display_name,Shoe size,bio,Bio\nAnna,38,x,y\n";
    let said = refusal(&home, "instructors.csv", sheet);
    assert!(said.contains("instructors.csv:1: the column `Shoe size` is no field of instructors"), "{said}");
    assert!(said.contains("instructors.csv:1: has two columns for `bio`"), "{said}");
    for heading in ["metadata,metadata.a.b", "metadata.a.b,metadata"] {
        let said = refusal(&home, "instructors.csv", &format!("display_name,{heading}\nAnna,,\n"));
        assert!(said.contains("instructors.csv:1: has columns for `metadata"), "{said}");
    }
    let sheet = "display_name,Shoe size\nAnna,38\n";
    assert_eq!(tally(&home, "instructors.csv", sheet, &["--ignore-unknown-columns"]), [1, 0, 0]);
}

#[test]
fn a_spreadsheet_in_another_encoding_is_told_what_to_do() {
    let home = Home::on_sqlite();
    home.studio("casa");
    let path = home.path("instructors.csv");
    std::fs::write(&path, b"display_name\nAnna\nIn\xeas\n").expect("a file");
    let said = home.run(&["import", "--studio", "casa", &path.display().to_string()]).fails(1);
    assert!(said.contains("instructors.csv:3: is not UTF-8"), "{said}");
    assert!(import(&home, "instructors.csv", "", &[]).fails(1).contains("instructors.csv:1: has no heading"));
}
