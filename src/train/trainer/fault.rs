//! Faults that a test asks for, so that what happens then can be checked on any machine: `PATCHLIGHT_FAIL=KIND:STEP:ABOVE`.

use std::str::FromStr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// The memory does not hold what is computed at once: the device says so.
    Memory,
    /// The same, and the driver panics, as some do.
    Panic,
    /// The same, and the device does not answer any more.
    Lost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// From this step of a stage on.
    pub step: usize,
    /// Where more pictures than this are computed at once.
    pub above: usize,
}

impl Fault {
    pub fn from_environment() -> Option<Self> {
        std::env::var("PATCHLIGHT_FAIL").ok()?.parse().ok()
    }

    /// Whether it happens where `pictures` are computed at once.
    pub fn strikes(self, step: usize, pictures: usize) -> bool {
        step >= self.step && pictures > self.above
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split(':').collect();
        let [kind, step, above] = parts.as_slice() else {
            return Err(format!("`{text}` is not of the form KIND:STEP:ABOVE"));
        };
        let number = |text: &str| text.parse().map_err(|_| format!("`{text}` is no number"));
        Ok(Self {
            kind: match *kind {
                "oom" => FaultKind::Memory,
                "oom-panic" => FaultKind::Panic,
                "oom-lost" => FaultKind::Lost,
                other => return Err(format!("`{other}` is no fault")),
            },
            step: number(step)?,
            above: number(above)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_parses_and_strikes() {
        let fault: Fault = "oom:3:4".parse().unwrap();
        assert_eq!(
            fault,
            Fault {
                kind: FaultKind::Memory,
                step: 3,
                above: 4
            }
        );
        assert!(fault.strikes(3, 5) && fault.strikes(9, 5));
        assert!(!fault.strikes(2, 5) && !fault.strikes(3, 4));
        for bad in ["oom", "oom:1", "oom:x:1", "fire:1:1", "oom:1:2:3"] {
            assert!(bad.parse::<Fault>().is_err(), "{bad}");
        }
    }
}
