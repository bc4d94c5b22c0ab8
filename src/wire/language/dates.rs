//! Dates in a language: the names of its days and months.

use jiff::{
    civil::{DateTime, Weekday},
    fmt::strtime::BrokenDownTime,
};

use super::Language;

/// The names of a language, from Monday and from January on.
struct DateNames {
    days: [&'static str; 7],
    months: [&'static str; 12],
}

const GERMAN: DateNames = DateNames {
    days: ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
};

impl Language {
    /// The names of days and months where jiff's own, which are English, do not do.
    fn date_names(self) -> Option<&'static DateNames> {
        match self {
            Self::German => Some(&GERMAN),
            // Nothing with a date is written in the others yet.
            Self::English | Self::French | Self::Spanish | Self::Italian | Self::Portuguese => None,
        }
    }

    /// A local time in a format of `strftime`, with the names of this language for `%A` (the day) and `%B` (the month).
    pub fn date(self, at: DateTime, format: &str) -> String {
        let format = match self.date_names() {
            None => format.to_owned(),
            Some(names) => {
                let name = |of: &[&'static str], at: i8| {
                    of.get(usize::try_from(at).unwrap_or_default()).copied().unwrap_or("")
                };
                let (day, month) =
                    (name(&names.days, at.weekday().to_monday_zero_offset()), name(&names.months, at.month() - 1));
                format.replace("%A", day).replace("%B", month)
            }
        };
        BrokenDownTime::from(at).to_string(&format).unwrap_or_else(|_| at.to_string())
    }

    /// The name of a day of the week.
    pub fn weekday(self, day: Weekday) -> &'static str {
        let at = usize::try_from(day.to_monday_zero_offset()).unwrap_or_default();
        let english = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
        self.date_names().map_or(&english, |names| &names.days).get(at).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_and_months_have_the_names_of_the_language() {
        let at = date(2026, 3, 4).at(9, 5, 0, 0);
        assert_eq!(Language::English.date(at, "%A, %-d %B %Y, %H:%M"), "Wednesday, 4 March 2026, 09:05");
        assert_eq!(Language::German.date(at, "%A, %-d. %B %Y, %H:%M"), "Mittwoch, 4. März 2026, 09:05");
        assert_eq!(Language::German.weekday(Weekday::Sunday), "Sonntag");
        assert_eq!(Language::English.weekday(Weekday::Monday), "Monday");
    }
}
