//! What operators are shown: the examples and the documents, started and read as they stand.

mod compose;
mod monitoring;
mod one_server;
mod outside;
mod several_servers;
mod traces;

use std::path::Path;

const GUIDES: [&str; 5] = [
    include_str!("../../docs/running.md"),
    include_str!("../../docs/several-servers.md"),
    include_str!("../../docs/metrics.md"),
    include_str!("../../docs/verifying.md"),
    include_str!("../../docs/releasing.md"),
];

#[test]
fn the_guides_have_one_heading_and_name_files_and_parts_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for guide in GUIDES {
        let headings = guide.split("```").step_by(2).flat_map(str::lines).filter(|line| line.starts_with('#'));
        let headings: Vec<_> = headings.collect();
        assert_eq!(headings.iter().filter(|heading| heading.starts_with("# ")).count(), 1, "{headings:?}");
        let is_part_of_a_path = |letter: char| letter.is_ascii_alphanumeric() || "/.-_@".contains(letter);
        for word in guide.split(|letter| !is_part_of_a_path(letter)) {
            if let Some(file) = word.strip_prefix("examples/") {
                assert!(root.join("examples").join(file.trim_end_matches('.')).exists(), "{word}");
            }
        }
        for link in guide.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            match link.strip_prefix('#') {
                Some(part) => {
                    let is_it = |heading: &&&str| {
                        heading.trim_start_matches(['#', ' ']).to_lowercase().replace(' ', "-") == part
                    };
                    assert!(headings.iter().any(|heading| is_it(&heading)), "{link}");
                }
                None => assert!(root.join("docs").join(link).exists(), "{link}"),
            }
        }
    }
}
