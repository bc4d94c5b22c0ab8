//! The dates of each language, as the engine of Node writes them (ICU, by CLDR's data).

use std::process::Command;

use flow_gateway::wire::language::Language::{self, English, French, German, Italian, Portuguese, Spanish};
use jiff::{ToSpan, civil::date};

use crate::support::needs::{Need, on_path};

const NODE: Need = Need { program: "Node", variable: "FLOW_TEST_ORACLE" };
const TAGS: [(&str, Language); 6] =
    [("en-GB", English), ("de", German), ("fr", French), ("es", Spanish), ("it", Italian), ("pt-PT", Portuguese)];

/// A year of dates in a language, one a line.
const SCRIPT: &str = "const form = new Intl.DateTimeFormat(process.argv[1], \
    { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', timeZone: 'UTC' }); \
    for (let day = 0; day < 365; day += 1) console.log(form.format(new Date(Date.UTC(2026, 0, 1 + day))));";

#[test]
fn node_writes_every_day_of_a_year_as_we_do() {
    let Some(node) = on_path("node") else {
        return NODE.is_missing();
    };
    for (tag, language) in TAGS {
        let output = Command::new(&node).args(["-e", SCRIPT, tag]).output().expect("node runs");
        assert!(output.status.success(), "{output:?}");
        let said = String::from_utf8(output.stdout).expect("text");
        let days: Vec<_> = said.lines().collect();
        assert_eq!(days.len(), 365);
        for (day, said) in (0_i32..).zip(days) {
            let day = date(2026, 1, 1) + day.days();
            // CLDR does not write the first of a month as French and Italian do.
            let is_first = day.day() == 1 && matches!(language, French | Italian);
            let ours = language.date_time(day.at(18, 30, 0, 0));
            let ours = if is_first { ours.replace(" 1er ", " 1 ").replace(" 1º ", " 1 ") } else { ours };
            assert_eq!(ours, format!("{said}, 18:30"), "{tag}");
        }
    }
}
