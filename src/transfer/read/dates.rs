//! Dates as the spreadsheets of a country write them. Only the author of the file knows whether 3/4/2026 is in March or in April.

use std::str::FromStr;

use super::headings::{HeadingRule, folded, plain};

/// How dates are written: `dd/mm/yyyy`, `mm/dd/yyyy`, `dd.mm.yyyy`, in any order and with any of `/`, `.` and `-` between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateFormat {
    order: [Part; 3],
    between: char,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Day,
    Month,
    Year,
}

impl FromStr for DateFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let advice = "is no date format: one is dd/mm/yyyy, mm/dd/yyyy or dd.mm.yyyy";
        let between = text.chars().find(|letter| ['/', '.', '-'].contains(letter)).ok_or(advice)?;
        let part = |part: &str| match part.to_ascii_lowercase().as_str() {
            "dd" | "d" => Some(Part::Day),
            "mm" | "m" => Some(Part::Month),
            "yyyy" => Some(Part::Year),
            _ => None,
        };
        let parts: Vec<_> = text.split(between).map(part).collect();
        let &[Some(a), Some(b), Some(c)] = parts.as_slice() else { return Err(advice) };
        if a == b || b == c || a == c { Err(advice) } else { Ok(Self { order: [a, b, c], between }) }
    }
}

impl DateFormat {
    /// A date in this format, as ours are written; `None` when it is not in it. Whether there is such a day is for the
    /// check to say.
    pub fn read(self, text: &str) -> Option<String> {
        let [mut day, mut month, mut year] = [None; 3];
        let mut parts = text.split(self.between);
        for part in self.order {
            let digits = parts.next().filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
            let (into, fits) = match part {
                Part::Day => (&mut day, 1..=2),
                Part::Month => (&mut month, 1..=2),
                Part::Year => (&mut year, 4..=4),
            };
            *into = fits.contains(&digits.len()).then_some(digits);
        }
        if parts.next().is_some() { None } else { Some(format!("{}-{:0>2}-{:0>2}", year?, month?, day?)) }
    }
}

/// How the dates of a spreadsheet are written: in all columns, or in one.
#[derive(Clone, Debug, Default)]
pub struct DateFormats(Vec<(Option<String>, DateFormat)>);

impl DateFormats {
    /// Reads them: `dd/mm/yyyy`, or `birth_date=dd/mm/yyyy`.
    ///
    /// # Errors
    /// What is no format.
    pub fn read(told: &[String]) -> Result<Self, String> {
        let read = |told: &String| {
            let named = told.contains('=').then(|| told.parse::<HeadingRule>()).transpose()?;
            let (column, format) = named.map_or((None, told.clone()), |named| (Some(named.name), named.means));
            Ok((column, format.parse::<DateFormat>()?))
        };
        let formats = told.iter().map(|told| read(told).map_err(|why: &str| format!("`{told}` {why}")));
        formats.collect::<Result<_, _>>().map(Self)
    }

    /// The format of a column, by its heading or its field.
    pub fn of(&self, heading: &str, field: &str) -> Option<DateFormat> {
        let is_it = |column: &str| folded(column) == folded(heading) || plain(column) == field;
        let own = self.0.iter().find(|(column, _)| column.as_deref().is_some_and(is_it));
        own.or_else(|| self.0.iter().find(|(column, _)| column.is_none())).map(|(_, format)| *format)
    }
}

/// A date without the time of day that follows it.
pub fn day_of(text: &str) -> &str {
    let Some((day, time)) = text.split_once([' ', 'T']) else { return text };
    let time = time.trim().to_ascii_lowercase();
    let is_time = time.starts_with(|letter: char| letter.is_ascii_digit())
        && time.contains(':')
        && time.chars().all(|letter| letter.is_ascii_digit() || ":.,+-apmz ".contains(letter));
    if is_time { day } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_in_the_order_that_is_told() {
        let read = |format: &str, text: &str| format.parse::<DateFormat>().unwrap().read(text);
        assert_eq!(read("dd/mm/yyyy", "3/4/2026").as_deref(), Some("2026-04-03"));
        assert_eq!(read("MM/DD/YYYY", "03/04/2026").as_deref(), Some("2026-03-04"));
        assert_eq!(read("d.m.yyyy", "17.5.1990").as_deref(), Some("1990-05-17"));
        for text in ["17.5.1990", "3/4/26", "3/4", "3/4/2026/1", "x/4/2026", "//", ""] {
            assert_eq!(read("dd/mm/yyyy", text), None, "{text}");
        }
        for format in ["", "dd/mm", "dd/dd/yyyy", "dd/mm.yyyy", "yy/mm/dd", "dd/mm/yyyy/mm"] {
            assert!(format.parse::<DateFormat>().is_err(), "{format}");
        }
    }
}
