//! How long a key lives, as people write it: `90d`, `12h`, `30m`, `45s`, `2w`.

use std::{str::FromStr, time::Duration};

/// The longest that a key may live; one without an end says so by having none.
const LONGEST: Duration = Duration::from_secs(20 * 366 * DAY);
const DAY: u64 = 24 * 60 * 60;

/// A span of time, more than none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetime(pub Duration);

impl FromStr for Lifetime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let seconds = match text.as_bytes().last() {
            Some(b's') => 1,
            Some(b'm') => 60,
            Some(b'h') => 60 * 60,
            Some(b'd') => DAY,
            Some(b'w') => 7 * DAY,
            _ => 0,
        };
        let digits = text.get(..text.len().saturating_sub(1)).unwrap_or_default();
        let number = digits.parse::<u64>().ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_digit()));
        let span = number.and_then(|number| number.checked_mul(seconds)).map(Duration::from_secs);
        span.filter(|span| !span.is_zero() && *span <= LONGEST)
            .map(Self)
            .ok_or_else(|| "write a number and s, m, h, d or w, such as 90d; at most 20 years".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_is_a_number_and_a_unit_and_nothing_else() {
        let seconds = |text: &str| text.parse::<Lifetime>().map(|span| span.0.as_secs());
        assert_eq!(seconds("45s"), Ok(45));
        assert_eq!(seconds("30m"), Ok(1800));
        assert_eq!(seconds("12h"), Ok(12 * 3600));
        assert_eq!(seconds("90d"), Ok(90 * DAY));
        assert_eq!(seconds("2w"), Ok(14 * DAY));
        for wrong in [
            "",
            "d",
            "0d",
            "0s",
            "s",
            "90",
            "-1d",
            "+1d",
            "1.5h",
            "1y",
            "90 d",
            "90dd",
            "99999999999999999999w",
            "9999w",
            "é",
        ] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
