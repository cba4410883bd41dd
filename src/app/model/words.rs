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
