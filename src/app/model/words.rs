//! Numbers and times in words.

use crate::dataset::model::Split;
use std::time::Duration;

/// `3 min 20 s`, for people.
pub fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=599 => format!("{} min {} s", seconds / 60, seconds % 60),
        600..=3599 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A number with thousands separated: `12,345`.
pub fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 picture`, `12 pictures`.
pub fn counted(n: usize, one: &str, many: &str) -> String {
    format!("{} {}", count(n), if n == 1 { one } else { many })
}

/// A place in an order: 1st, 2nd, 3rd, 11th.
pub fn ordinal(place: usize) -> String {
    let end = match (place % 10, place % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{}{end}", count(place))
}

/// A probability in percent, with as many digits as it takes not to be taken for certain: `100 %` is 1 and nothing else.
pub fn percent_of(probability: f32) -> String {
    let digits = |n: usize| format!("{:.n$}", 100.0 * f64::from(probability));
    if probability >= 1.0 {
        return "100 %".to_owned();
    }
    let found = (0..=4).map(digits).find(|text| text.parse::<f64>() != Ok(100.0));
    found.map_or_else(|| "> 99.9999 %".to_owned(), |text| format!("{text} %"))
}

/// A threshold in percent as it was typed: no digit is lost, and none is shown that says nothing.
pub fn exact_percent(percent: f64) -> String {
    let text = format!("{percent:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A value as people see it: with one digit.
fn rounded(value: f64) -> f64 {
    (10.0 * value).round() / 10.0
}

/// A percentage with one digit, or a dash where there is none.
pub fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{:.1}", rounded(v)))
}

/// Words of the engine as a sentence of its own.
pub fn sentence(words: &str) -> String {
    let mut rest = words.chars();
    let first = rest.next().into_iter().flat_map(char::to_uppercase);
    format!("{}{}.", first.collect::<String>(), rest.as_str())
}

/// How much higher one percentage is than another, in percentage points: the difference of the numbers as they are shown, so that whoever
/// subtracts them finds the same.
pub fn gain(from: f64, to: f64) -> f64 {
    rounded(rounded(to) - rounded(from))
}

/// So many pictures of a split: `6 test pictures`, `all 24 pictures`.
pub fn pictures_of(split: Option<Split>, n: usize) -> String {
    let kind = match split {
        Some(Split::Test) => "test ",
        Some(Split::Val) => "validation ",
        Some(Split::Train) => "training ",
        None if n == 1 => return "1 picture".to_owned(),
        None => return format!("all {} pictures", count(n)),
    };
    format!("{} {kind}{}", count(n), if n == 1 { "picture" } else { "pictures" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_a_sentence() {
        assert_eq!(sentence("one context did best"), "One context did best.");
    }

    #[test]
    fn numbers_for_people() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "picture", "pictures"), "1 picture");
        assert_eq!(percent(None), "–");
        let places = [1, 2, 3, 4, 11, 12, 13, 21, 112, 1_003].map(ordinal);
        assert_eq!(
            places,
            [
                "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "112th", "1,003rd"
            ]
        );
        assert_eq!(percent(Some(12.345)), "12.3");
        let near = [0.4, 0.994, 0.996, 0.9996, 0.999_96, 1.0].map(percent_of);
        assert_eq!(near, ["40 %", "99 %", "99.6 %", "99.96 %", "99.996 %", "100 %"]);
        let exact = [99.9, 100.0, 40.0, 0.5].map(exact_percent);
        assert_eq!(exact, ["99.9", "100", "40", "0.5"]);
        assert_eq!(pictures_of(Some(Split::Test), 1), "1 test picture");
        assert_eq!(pictures_of(None, 1_024), "all 1,024 pictures");
    }

    #[test]
    fn a_difference_is_that_of_the_numbers_that_are_shown() {
        let (from, to) = (41.04, 73.86);
        assert_eq!(
            (percent(Some(from)), percent(Some(to))),
            ("41.0".to_owned(), "73.9".to_owned())
        );
        assert_eq!(format!("{:+.1}", gain(from, to)), "+32.9");
        assert_eq!(format!("{:+.1}", gain(50.04, 49.96)), "+0.0");
        assert_eq!(percent(Some(73.85)), format!("{:.1}", gain(0.0, 73.85)));
    }

    #[test]
    fn times_in_words() {
        let say = |s| duration(Duration::from_secs(s));
        assert_eq!(say(7), "7 s");
        assert_eq!(say(200), "3 min 20 s");
        assert_eq!(say(1500), "25 min");
        assert_eq!(say(3700), "1 h 1 min");
    }
}
