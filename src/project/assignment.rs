//! Which picture is in which split, in few bytes: 100,000 pictures take 25 kB.
//!
//! A blob is a sequence of runs of pictures with consecutive ids: how many ids were left out before it, how many pictures, then two
//! bits for each (0 none, 1 train, 2 val, 3 test; the lowest bits first). Numbers have seven bits a byte, the lowest first.

use crate::dataset::model::Split;
use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, Value, ValueRef};

/// Pictures with their splits, by ascending id, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignment(Vec<(i64, Option<Split>)>);

impl Assignment {
    /// Of pairs in any order; of several for one picture the last counts.
    pub fn new(mut pairs: Vec<(i64, Option<Split>)>) -> Self {
        pairs.reverse();
        pairs.sort_by_key(|(id, _)| *id);
        pairs.dedup_by_key(|(id, _)| *id);
        Self(pairs)
    }

    /// The pairs, by ascending id.
    pub fn pairs(&self) -> &[(i64, Option<Split>)] {
        &self.0
    }

    fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let (mut rest, mut next) = (&self.0[..], 1);
        while let Some((start, _)) = rest.first() {
            let length = rest.iter().zip(*start..).take_while(|((id, _), i)| id == i).count();
            let (run, later) = rest.split_at(length);
            put_number(&mut bytes, start.wrapping_sub(next) as u64);
            put_number(&mut bytes, length as u64);
            let code = |(_, split): &(i64, Option<Split>)| split.map_or(0, |split| split as u8 + 1);
            for four in run.chunks(4) {
                bytes.push(four.iter().rev().fold(0, |byte, pair| byte << 2 | code(pair)));
            }
            (rest, next) = (later, start.wrapping_add(length as i64));
        }
        bytes
    }

    fn decode(mut bytes: &[u8]) -> Option<Self> {
        let (mut pairs, mut next) = (Vec::new(), 1i64);
        while !bytes.is_empty() {
            let start = next.wrapping_add(take_number(&mut bytes)? as i64);
            let length = usize::try_from(take_number(&mut bytes)?).ok()?;
            let packed = bytes.split_off(..length.div_ceil(4))?;
            next = start.checked_add(length as i64)?;
            for (i, id) in (start..next).enumerate() {
                let code = packed[i / 4] >> (2 * (i % 4)) & 3;
                pairs.push((id, code.checked_sub(1).map(|i| Split::ALL[usize::from(i)])));
            }
        }
        Some(Self::new(pairs))
    }
}

fn put_number(bytes: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        bytes.push(n as u8 | 0x80);
        n >>= 7;
    }
    bytes.push(n as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut n = 0;
    for shift in (0..64).step_by(7) {
        let byte = *bytes.split_off_first()?;
        n |= u64::from(byte & 0x7F) << shift;
        if byte & 0x80 == 0 {
            return Some(n);
        }
    }
    None
}

impl ToSql for Assignment {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(Value::Blob(self.encode())))
    }
}

impl FromSql for Assignment {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::decode(value.as_blob()?).ok_or_else(|| FromSqlError::Other("damaged splits".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn many_pictures_take_little_room() {
        let pairs = (1..=100_000)
            .map(|id| (id, Some(Split::ALL[id as usize % 3])))
            .collect();
        let all = Assignment::new(pairs);
        assert!(all.encode().len() < 25_010);
        assert_eq!(Assignment::decode(&all.encode()), Some(all));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn splits_come_back(pairs in proptest::collection::vec((1..200i64, 0..4usize), 0..100)) {
            let split = |i: usize| i.checked_sub(1).map(|i| Split::ALL[i]);
            let all = Assignment::new(pairs.iter().map(|(id, i)| (*id, split(*i))).collect());
            let last = |id: i64| pairs.iter().rev().find(|pair| pair.0 == id).map(|pair| split(pair.1));
            prop_assert!(all.pairs().iter().all(|(id, split)| last(*id) == Some(*split)));
            prop_assert_eq!(Assignment::decode(&all.encode()), Some(all));
        }

        #[test]
        fn damaged_bytes_end_in_an_error_or_splits(bytes in proptest::collection::vec(any::<u8>(), 0..40)) {
            if let Some(found) = Assignment::decode(&bytes) {
                prop_assert!(found.pairs().len() <= 160);
            }
        }
    }
}
