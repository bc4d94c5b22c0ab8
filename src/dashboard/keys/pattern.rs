//! When a key is called, in the words of a page. Called where a replacement is compared with the key that it replaces.

use jiff::civil::Time;

use crate::{access::call_pattern::CallPattern, dashboard::texts::TEXTS, wire::language::Language};

/// A pattern of calls as the end of a sentence.
pub(super) fn in_words(pattern: &CallPattern) -> String {
    let t = &TEXTS;
    match pattern {
        CallPattern::Never => t.pattern_never.to_owned(),
        CallPattern::Once => t.pattern_once.to_owned(),
        CallPattern::Hourly => t.pattern_hourly.to_owned(),
        CallPattern::Daily(times) => {
            let text = match times.len() {
                1 => t.pattern_daily,
                2 => t.pattern_twice,
                _ => t.pattern_often,
            };
            let listed = listed(times.iter().map(|time| clock(*time)).collect());
            text.replace("{number}", &times.len().to_string()).replace("{times}", &listed)
        }
        CallPattern::Weekly(times) => {
            let text = if times.len() == 1 { t.pattern_weekly } else { t.pattern_every_week };
            let each = times.iter().map(|(day, time)| {
                let day = Language::current().weekday(*day);
                t.pattern_day_time.replace("{day}", day).replace("{time}", &clock(*time))
            });
            text.replace("{times}", &listed(each.collect()))
        }
        CallPattern::Irregular { days, longest_silence_hours } => {
            let text = t.pattern_irregular.replace("{days}", &days.to_string());
            text.replace("{hours}", &longest_silence_hours.to_string())
        }
    }
}

fn clock(time: Time) -> String {
    time.strftime("%H:%M").to_string()
}

fn listed(mut each: Vec<String>) -> String {
    let last = each.pop().unwrap_or_default();
    if each.is_empty() { last } else { format!("{} {} {last}", each.join(", "), TEXTS.and) }
}
