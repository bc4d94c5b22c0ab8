//! The tags of the documents: the parts of an API as people name them, each with what it is about. A path belongs to the first
//! that it is below.

use crate::access::table::Rule;

/// A part of an API.
#[derive(Debug, PartialEq, Eq)]
pub struct DocumentTag {
    starts: &'static [&'static str],
    /// Its name.
    pub name: &'static str,
    /// What it is about, in markdown.
    pub says: &'static str,
}

const TAGS: &[DocumentTag] = &[
    DocumentTag {
        starts: &["/v1/me/schedule"],
        name: "Schedule",
        says: "The timetable as the signed-in member sees it: public classes and those for members, each with whether it can be \
        booked now, and if not, why.",
    },
    DocumentTag {
        starts: &["/v1/me/bookings"],
        name: "Bookings",
        says: "The member's own bookings. Two members never get one last place; where a class is full, a booking may wait for one.",
    },
    DocumentTag {
        starts: &["/v1/me/calendar-feed"],
        name: "Calendar",
        says: "A private link with which the member's calendar program shows their bookings. It is shown once, and each member has \
        at most one.",
    },
    DocumentTag {
        starts: &["/v1/me"],
        name: "Account",
        says: "The signed-in member: their own data, and the fields of it that they may change.",
    },
    DocumentTag {
        starts: &["/v1/config", "/v1/site", "/v1/policies"],
        name: "Studio",
        says: "The studio itself: what a website needs to start, what it shows about the studio, and the rules for its clients.",
    },
    DocumentTag {
        starts: &["/v1/classes"],
        name: "Classes",
        says: "A class is what is taught, by whom, where and how often. Its dates are *occurrences*, in the schedule; they are \
        created from its `recurrence` for the next twelve weeks.",
    },
    DocumentTag {
        starts: &["/v1/schedule"],
        name: "Schedule",
        says: "The dates of all classes, called *occurrences*, in the order of their start. Without `from`, the list begins now.",
    },
    DocumentTag {
        starts: &["/v1/content"],
        name: "Content",
        says: "On-demand videos, audio and articles. They are created in the dashboard, or by an import.",
    },
    DocumentTag {
        starts: &["/v1/coupons"],
        name: "Coupons",
        says: "Codes that make plans cheaper, by a percentage or an amount. They are never public.",
    },
    DocumentTag {
        starts: &["/v1/instructors"],
        name: "Instructors",
        says: "The people who teach. Their e-mail addresses and phone numbers are never public.",
    },
    DocumentTag {
        starts: &["/v1/locations"],
        name: "Locations",
        says: "Where classes take place: the studio's houses, each with its rooms, or online.",
    },
    DocumentTag {
        starts: &["/v1/members"],
        name: "Members",
        says: "Memberships: who belongs to the studio, on which plan, and since when. Personal data, so these scopes are for few keys.",
    },
    DocumentTag {
        starts: &["/v1/plans"],
        name: "Plans",
        says: "What members buy: memberships, class packs, single visits and trials, with their prices.",
    },
    DocumentTag {
        starts: &["/v1/programs"],
        name: "Programs",
        says: "Courses, series, workshops and retreats: classes that belong together.",
    },
];

/// The tag of a path.
///
/// # Panics
/// For a path that belongs to none: every document is made by a test.
pub fn tag(path: &str) -> &'static DocumentTag {
    let is_below = |start: &str| path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    let holds = |tag: &&DocumentTag| tag.starts.iter().any(|start| is_below(start));
    TAGS.iter().find(holds).unwrap_or_else(|| panic!("{path} belongs to no tag"))
}

/// The tags of these rules, each once, in their order.
pub fn tags<'r, N: 'r>(rules: impl Iterator<Item = &'r Rule<N>>) -> Vec<&'static DocumentTag> {
    let mut found: Vec<_> = rules.map(|rule| tag(rule.path)).collect();
    found.dedup();
    found
}
