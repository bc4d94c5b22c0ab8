//! Origins that a key allows: one spelling, https or loopback, and nothing behind the host.
#![no_main]

use flow_gateway::access::origin::AllowedOrigin;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    judge(text);
    judge(&format!("https://{text}"));
    judge(&format!("http://{text}"));
});

fn judge(text: &str) {
    let Ok(origin) = text.parse::<AllowedOrigin>() else { return };
    let again: AllowedOrigin = origin.as_str().parse().expect("its own spelling is one");
    assert_eq!(origin, again);
    let (scheme, host) = origin.as_str().split_once("://").expect("a scheme");
    assert!(!host.is_empty() && !host.contains(['/', '?', '#', '@', '*', ' ', '\\', '%']), "{origin}");
    assert!(origin.as_str().is_ascii(), "browsers send it in ASCII: {origin}");
    assert_eq!(origin.as_str(), origin.as_str().to_ascii_lowercase(), "and in lower case");
    let name = host.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok()).map_or(host, |(name, _)| name);
    let is_loopback = name == "localhost" || name.ends_with(".localhost") || name.starts_with("127.") || name == "[::1]";
    assert!(scheme == "https" || (scheme == "http" && is_loopback), "{origin}");
}
