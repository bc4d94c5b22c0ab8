//! The cost of a call, which is taken from its key's rate before any work: one for a usual page or a write, more for what
//! makes the database read more. Allocates nothing for a query without encoded characters.

use crate::wire::{
    page::{DEFAULT_LIMIT, MAX_LIMIT},
    search,
};

/// The cost of a filter without an index, which reads every row of the studio.
const UNINDEXED_FILTER_COST: u32 = 2;

/// The filters without an index: the end of the list's path, and the filter's name.
const UNINDEXED_FILTERS: [(&str, &str); 6] = [
    ("/content", "tag"),
    ("/content", "plan_id"),
    ("/coupons", "plan_id"),
    ("/members", "tag"),
    ("/plans", "program_id"),
    ("/programs", "instructor_id"),
];

/// The cost of a call: at least one.
pub fn cost(method: &str, path: &str, query: &str) -> u32 {
    if query.is_empty() || !matches!(method, "GET" | "HEAD") {
        return 1;
    }
    let (mut pages, mut more) = (1, 0);
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        match &*name {
            "limit" => pages = pages_of(&value),
            "q" => more += search::cost_of(Some(query)) - 1,
            name if UNINDEXED_FILTERS.iter().any(|(list, filter)| *filter == name && path.ends_with(list)) => {
                more += UNINDEXED_FILTER_COST;
            }
            _ => {}
        }
    }
    pages + more
}

/// How many usual pages a page with this limit is. A limit that is not a number is refused later.
fn pages_of(limit: &str) -> u32 {
    let limit = if limit.bytes().all(|byte| byte.is_ascii_digit()) { limit.parse().unwrap_or(MAX_LIMIT) } else { 1 };
    u32::try_from((limit.clamp(1, MAX_LIMIT) - 1) / DEFAULT_LIMIT + 1).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_takes_what_it_makes_the_database_read() {
        for (method, path, query, takes) in [
            ("GET", "/v1/content", "", 1),
            ("GET", "/v1/content", "limit=25&cursor=x", 1),
            ("GET", "/v1/content", "limit=26", 2),
            ("HEAD", "/v1/content", "limit=100", 4),
            ("GET", "/v1/content", "limit=99999999999999999999", 4),
            ("GET", "/v1/content", "limit=-5", 1),
            ("GET", "/v1/content", "limit=ten", 1),
            ("GET", "/v1/content", "q=yin", 5),
            ("GET", "/v1/content", "q=a%20b+c", 9),
            ("GET", "/v1/content", "q=a+b+c+d+e+f+g+h", 19),
            ("GET", "/v1/content", "tag=breath&limit=100", 4 + 2),
            ("GET", "/v1/plans", "program_id=prg_1", 3),
            ("GET", "/v1/classes", "program_id=prg_1", 1),
            ("PATCH", "/v1/content/cnt_1", "q=yin&limit=100", 1),
        ] {
            assert_eq!(cost(method, path, query), takes, "{method} {path}?{query}");
        }
    }
}
