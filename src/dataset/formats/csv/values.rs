//! What cells of a table say about a label.

/// What a cell says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value {
    /// The label is there.
    There,
    /// It is not there.
    Not,
    /// -1: not known, or, in tables that never say 0, not there.
    Minus,
    /// Not known.
    Unknown,
    /// Any other number.
    Score(f64),
}

/// Reads a cell; `None` if it says nothing of the kind. `comma`: numbers may have a decimal comma.
pub(crate) fn value(cell: &str, comma: bool) -> Option<Value> {
    let cell = cell.trim();
    // The usual cells first: a wide table has millions.
    match cell {
        "" => return Some(Value::Unknown),
        "0" => return Some(Value::Not),
        "1" => return Some(Value::There),
        _ if cell.len() > 32 => return None,
        _ => {}
    }
    match cell.to_ascii_lowercase().as_str() {
        "?" | "nan" | "na" | "n/a" | "null" | "none" | "unknown" => return Some(Value::Unknown),
        "true" | "t" | "yes" | "y" | "x" => return Some(Value::There),
        "false" | "f" | "no" | "n" => return Some(Value::Not),
        _ => {}
    }
    let number = match cell.replace(',', ".") {
        point if comma && point != cell => point.parse(),
        _ => cell.parse::<f64>(),
    };
    Some(match number.ok().filter(|number| number.is_finite())? {
        0.0 => Value::Not,
        1.0 => Value::There,
        -1.0 => Value::Minus,
        score => Value::Score(score),
    })
}

impl Value {
    /// Whether it can be in a column that belongs to a label: 1, 0, nothing, or a probability.
    pub fn is_flag(self) -> bool {
        match self {
            Self::Score(score) => (0.0..=1.0).contains(&score),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_read_as_people_write_them() {
        for (value_of, cells) in [
            (Value::There, &["1", " 1 ", "1.0", "TRUE", "yes", "x"][..]),
            (Value::Not, &["0", "0.0", "-0", "False", "no", "n"]),
            (Value::Unknown, &["", " ", "?", "NaN", "n/a", "None"]),
            (Value::Minus, &["-1", "-1.0"]),
            (Value::Score(0.5), &["0.5", ".5", "5e-1"]),
        ] {
            for cell in cells {
                assert_eq!(value(cell, false), Some(value_of), "{cell:?}");
            }
        }
        for cell in ["cat", "inf", "1e999", "0,5", "1 0", "--1", &"9".repeat(400)] {
            assert_eq!(value(cell, false), None, "{cell:?}");
        }
        assert_eq!(value("0,25", true), Some(Value::Score(0.25)));
        assert!(Value::Score(0.3).is_flag() && Value::Not.is_flag() && !Value::Score(640.0).is_flag());
    }
}
