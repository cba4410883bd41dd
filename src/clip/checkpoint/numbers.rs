//! Number formats of weight files and their conversion to f32.

use half::{bf16, f16};

/// A number format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Number {
    /// IEEE half precision.
    F16,
    /// bfloat16.
    Bf16,
    /// Single precision.
    F32,
    /// Double precision.
    F64,
    /// An integer or truth value of this many bytes: counters and indices, never weights.
    Integer(usize),
}

impl Number {
    /// Bytes of one number.
    pub(super) fn size(self) -> usize {
        match self {
            Self::F16 | Self::Bf16 => 2,
            Self::F32 => 4,
            Self::F64 => 8,
            Self::Integer(size) => size,
        }
    }

    /// Whether weights come in this format.
    pub(super) fn is_float(self) -> bool {
        !matches!(self, Self::Integer(_))
    }

    /// Converts little-endian numbers, in the order they lie in. Bytes beyond the last whole number are ignored, and
    /// integers give nothing.
    pub(super) fn to_f32(self, bytes: &[u8]) -> Vec<f32> {
        match self {
            Self::F16 => pieces::<2>(bytes).map(|b| f16::from_le_bytes(b).to_f32()).collect(),
            Self::Bf16 => pieces::<2>(bytes).map(|b| bf16::from_le_bytes(b).to_f32()).collect(),
            Self::F32 => pieces::<4>(bytes).map(f32::from_le_bytes).collect(),
            Self::F64 => pieces::<8>(bytes).map(|b| f64::from_le_bytes(b) as f32).collect(),
            Self::Integer(_) => Vec::new(),
        }
    }

    /// Converts the one number that starts at `bytes[at]`; `None` outside, and for integers.
    pub(super) fn read(self, bytes: &[u8], at: usize) -> Option<f32> {
        let piece = bytes.get(at..at.checked_add(self.size())?)?;
        self.to_f32(piece).first().copied()
    }
}

fn pieces<const N: usize>(bytes: &[u8]) -> impl ExactSizeIterator<Item = [u8; N]> + '_ {
    bytes.as_chunks::<N>().0.iter().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_float_format_gives_the_same_numbers() {
        let values = [1.0f32, -2.5, 0.0];
        let bytes = |f: &dyn Fn(f32) -> Vec<u8>| values.iter().flat_map(|v| f(*v)).collect::<Vec<u8>>();
        let f16s = bytes(&|v| f16::from_f32(v).to_le_bytes().to_vec());
        let bf16s = bytes(&|v| bf16::from_f32(v).to_le_bytes().to_vec());
        let f32s = bytes(&|v| v.to_le_bytes().to_vec());
        let f64s = bytes(&|v| f64::from(v).to_le_bytes().to_vec());
        for (number, raw) in [
            (Number::F16, f16s),
            (Number::Bf16, bf16s),
            (Number::F32, f32s),
            (Number::F64, f64s),
        ] {
            assert_eq!(number.to_f32(&raw), values, "{number:?}");
            assert_eq!(number.read(&raw, number.size()), Some(-2.5), "{number:?}");
            assert_eq!(number.read(&raw, raw.len()), None);
        }
    }
}
