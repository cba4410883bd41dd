//! Numbers and times in words.

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

/// A percentage with one digit, or a dash where there is none.
pub fn percent(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| format!("{v:.1}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_for_people() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(counted(1, "picture", "pictures"), "1 picture");
        assert_eq!(percent(None), "–");
        assert_eq!(percent(Some(12.345)), "12.3");
        let near = [0.4, 0.994, 0.996, 0.9996, 0.999_96, 1.0].map(percent_of);
        assert_eq!(near, ["40 %", "99 %", "99.6 %", "99.96 %", "99.996 %", "100 %"]);
        let exact = [99.9, 100.0, 40.0, 0.5].map(exact_percent);
        assert_eq!(exact, ["99.9", "100", "40", "0.5"]);
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
