//! Dates in a language: the names of its days and months, and how it writes them.

use jiff::{
    civil::{DateTime, Weekday},
    fmt::strtime::BrokenDownTime,
};

use super::Language;

/// How a language writes dates.
struct DateWords {
    /// The names of the days, from Monday on.
    days: [&'static str; 7],
    /// The names of the months, from January on.
    months: [&'static str; 12],
    /// A date with its day of the week, and a time of day, as `strftime` has it.
    date_time: &'static str,
    /// How the first day of a month is counted, where that is not a plain 1.
    first: &'static str,
}

const ENGLISH: DateWords = DateWords {
    days: ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    date_time: "%A, %-d %B %Y, %H:%M",
    first: "1",
};
const GERMAN: DateWords = DateWords {
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
    date_time: "%A, %-d. %B %Y, %H:%M",
    first: "1",
};
const FRENCH: DateWords = DateWords {
    days: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    date_time: "%A %-d %B %Y, %H:%M",
    first: "1er",
};
const SPANISH: DateWords = DateWords {
    days: ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"],
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
    date_time: "%A, %-d de %B de %Y, %H:%M",
    first: "1",
};
const ITALIAN: DateWords = DateWords {
    days: ["lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"],
    months: [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
    date_time: "%A %-d %B %Y, %H:%M",
    first: "1º",
};
const PORTUGUESE: DateWords = DateWords {
    days: ["segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"],
    months: [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
    date_time: "%A, %-d de %B de %Y, %H:%M",
    first: "1",
};

impl Language {
    fn date_words(self) -> &'static DateWords {
        match self {
            Self::English => &ENGLISH,
            Self::German => &GERMAN,
            Self::French => &FRENCH,
            Self::Spanish => &SPANISH,
            Self::Italian => &ITALIAN,
            Self::Portuguese => &PORTUGUESE,
        }
    }

    /// A local time in a format of `strftime`, with the names of this language for `%A` (the day) and `%B` (the month).
    pub fn date(self, at: DateTime, format: &str) -> String {
        let words = self.date_words();
        let month = usize::try_from(at.month() - 1).ok().and_then(|month| words.months.get(month)).copied();
        let mut format = format.replace("%A", self.weekday(at.weekday())).replace("%B", month.unwrap_or_default());
        if at.day() == 1 {
            format = format.replace("%-d", words.first);
        }
        BrokenDownTime::from(at).to_string(&format).unwrap_or_else(|_| at.to_string())
    }

    /// A local time with its day of the week, written out.
    pub fn date_time(self, at: DateTime) -> String {
        self.date(at, self.date_words().date_time)
    }

    /// The name of a day of the week.
    pub fn weekday(self, day: Weekday) -> &'static str {
        let day = usize::try_from(day.to_monday_zero_offset()).ok();
        day.and_then(|day| self.date_words().days.get(day)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_and_months_have_the_names_of_the_language() {
        let at = date(2026, 3, 4).at(9, 5, 0, 0);
        for (language, said) in [
            (Language::English, "Wednesday, 4 March 2026, 09:05"),
            (Language::German, "Mittwoch, 4. März 2026, 09:05"),
            (Language::French, "mercredi 4 mars 2026, 09:05"),
            (Language::Spanish, "miércoles, 4 de marzo de 2026, 09:05"),
            (Language::Italian, "mercoledì 4 marzo 2026, 09:05"),
            (Language::Portuguese, "quarta-feira, 4 de março de 2026, 09:05"),
        ] {
            assert_eq!(language.date_time(at), said);
        }
        assert_eq!(Language::German.weekday(Weekday::Sunday), "Sonntag");
        assert_eq!(Language::English.weekday(Weekday::Monday), "Monday");
    }

    #[test]
    fn the_first_of_a_month_is_counted_as_the_language_does() {
        let at = date(2026, 8, 1).at(18, 30, 0, 0);
        assert_eq!(Language::French.date_time(at), "samedi 1er août 2026, 18:30");
        assert_eq!(Language::Italian.date_time(at), "sabato 1º agosto 2026, 18:30");
        assert_eq!(Language::German.date_time(at), "Samstag, 1. August 2026, 18:30");
        assert_eq!(Language::French.date_time(date(2026, 8, 11).at(18, 30, 0, 0)), "mardi 11 août 2026, 18:30");
    }
}
