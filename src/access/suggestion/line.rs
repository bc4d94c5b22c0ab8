//! One call, as a line of a log says it: `GET /v1/classes`, the combined format of nginx and Apache, a line of JSON as
//! Caddy and others write it, or `name=value` pairs as this gateway does.

use serde_json::Value;

const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
/// What logs call the method.
const METHOD_FIELDS: [&str; 6] = ["method", "request_method", "http_method", "requestMethod", "verb", "RequestMethod"];
/// What they call the path.
const PATH_FIELDS: [&str; 10] = [
    "uri",
    "path",
    "url",
    "request_uri",
    "request_path",
    "requestUrl",
    "target",
    "RequestPath",
    "http_path",
    "uri_path",
];
/// What they call both in one.
const REQUEST_LINE_FIELDS: [&str; 2] = ["request", "request_line"];
/// How deep a call may stand in a line of JSON.
const MAX_DEPTH: u8 = 4;

/// A call that was logged.
#[derive(Debug, PartialEq, Eq)]
pub struct LoggedCall {
    /// The method.
    pub method: String,
    target: String,
}

impl LoggedCall {
    /// A call, if the first word is a method and the second a path or a URL.
    pub fn of(method: &str, target: &str) -> Option<Self> {
        let method = method.to_ascii_uppercase();
        let is_target = target.starts_with('/') || target.starts_with("http://") || target.starts_with("https://");
        (METHODS.contains(&method.as_str()) && is_target).then(|| Self { method, target: target.to_owned() })
    }

    /// Reads a line.
    pub fn read(line: &str) -> Option<Self> {
        if line.starts_with('{') {
            return of_json(&serde_json::from_str(line).ok()?, 0);
        }
        // In access logs the request line is in quotation marks, and so may be a user agent.
        line.split('"').find_map(Self::of_request_line).or_else(|| Self::of_pairs(line))
    }

    /// Reads `method="GET" path="/v1/classes"`; neither value has spaces.
    fn of_pairs(line: &str) -> Option<Self> {
        let value = |names: &[&str]| {
            let mut pairs = line.split_whitespace().filter_map(|word| word.split_once('='));
            pairs.find_map(|(name, value)| names.contains(&name).then(|| value.trim_matches('"')))
        };
        Self::of(value(&METHOD_FIELDS)?, value(&PATH_FIELDS)?)
    }

    fn of_request_line(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        Self::of(words.next()?, words.next()?)
    }

    /// The path alone.
    pub fn path(&self) -> &str {
        let path = match self.target.split_once("://") {
            Some((_, url)) if !self.target.starts_with('/') => {
                let after_host = url.find(['/', '?', '#']).map_or("", |at| &url[at..]);
                if after_host.starts_with('/') { after_host } else { "/" }
            }
            _ => &self.target,
        };
        path.split(['?', '#']).next().unwrap_or(path)
    }
}

fn of_json(value: &Value, depth: u8) -> Option<LoggedCall> {
    let fields = value.as_object().filter(|_| depth < MAX_DEPTH)?;
    let text = |names: &[&str]| names.iter().find_map(|name| fields.get(*name)?.as_str());
    let in_two = || LoggedCall::of(text(&METHOD_FIELDS)?, text(&PATH_FIELDS)?);
    let in_one = || LoggedCall::of_request_line(text(&REQUEST_LINE_FIELDS)?);
    in_two().or_else(in_one).or_else(|| fields.values().find_map(|inner| of_json(inner, depth + 1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_read_as_logs_write_it() {
        let combined = r#"192.0.2.7 - - [28/Nov/2026:03:00:01 +0000] "GET /v1/classes?limit=5 HTTP/1.1" 200 512 "https://a.example/" "POST /v1/plans""#;
        let vhost =
            r#"api.example:443 192.0.2.7 - bob [28/Nov/2026:03:00:01 +0000] "PATCH /v1/plans/pln_1 HTTP/2.0" 200 -"#;
        let caddy = r#"{"level":"info","ts":1.5,"request":{"remote_ip":"192.0.2.7","method":"DELETE","host":"api.example","uri":"/v1/coupons/cpn_1?x=1","headers":{}},"status":200}"#;
        let nginx_json = r#"{"time":"2026","request":"POST /v1/classes HTTP/1.1","status":"201"}"#;
        let cloud = r#"{"httpRequest":{"requestMethod":"GET","requestUrl":"https://api.example/v1/members?q=a"}}"#;
        let ours = r#"{"fields":{"surface":"management","method":"GET","path":"/v1/schedule","status":200}}"#;
        let our_text = r#"2026-11-29T01:32:39.776Z  INFO flow_gateway::request: surface="management" method="GET" path="/v1/plans" status=200 network=127.0.0.0/24"#;
        for (line, method, path) in [
            (our_text, "GET", "/v1/plans"),
            ("level=info method=delete path=/v1/plans/pln_1?x=1 status=204", "DELETE", "/v1/plans/pln_1"),
            ("GET /v1/classes", "GET", "/v1/classes"),
            ("  get   /v1/classes?updated_since=2026-01-01T00:00:00Z", "GET", "/v1/classes"),
            ("PATCH https://api.example:8443/v1/plans/pln_1#x", "PATCH", "/v1/plans/pln_1"),
            ("GET https://api.example", "GET", "/"),
            ("GET https://api.example?q=/v1/plans", "GET", "/"),
            (combined, "GET", "/v1/classes"),
            (vhost, "PATCH", "/v1/plans/pln_1"),
            (caddy, "DELETE", "/v1/coupons/cpn_1"),
            (nginx_json, "POST", "/v1/classes"),
            (cloud, "GET", "/v1/members"),
            (ours, "GET", "/v1/schedule"),
        ] {
            let call = LoggedCall::read(line.trim()).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((call.method.as_str(), call.path()), (method, path), "{line}");
        }
        for none in [
            "",
            "/v1/classes",
            "FETCH /v1/classes",
            "GET",
            "GET classes",
            "{",
            r#"{"method":"GET"}"#,
            "[1]",
            "method=GET",
            "a=b",
        ] {
            assert_eq!(LoggedCall::read(none), None, "{none}");
        }
    }
}
