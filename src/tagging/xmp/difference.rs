//! What has to change in one keyword field.

use super::keywords::key;
use super::rdf::{Property, Value};
use std::collections::{HashMap, HashSet};

/// The item number `item` of the property number `property` of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct At {
    /// Index into the field's properties.
    pub property: usize,
    /// Index into its items.
    pub item: usize,
}

/// What has to change in a field.
#[derive(Debug, Default)]
pub struct Difference {
    /// Our keywords that stay, as they are written.
    pub kept: Vec<String>,
    /// Keywords to add.
    pub inserted: Vec<String>,
    /// Our keywords to take away.
    pub removed: Vec<(At, String)>,
}

/// Compares a field with what it should hold. `ours` are keywords that we added earlier: of equal ones the last counts as ours, and
/// only a plain text does. `wanted` holds no keyword twice.
pub fn difference(properties: &[Property], ours: &[String], wanted: &[String]) -> Difference {
    let mut plain: HashMap<&str, Vec<At>> = HashMap::new();
    let mut everything: Vec<(Option<At>, &str)> = Vec::new();
    for (property, found) in properties.iter().enumerate() {
        let Value::List { items, .. } = &found.value else {
            everything.extend(found.texts().into_iter().map(|text| (None, text)));
            continue;
        };
        for (item, entry) in items.iter().enumerate() {
            let Some(text) = entry.text.as_deref() else {
                continue;
            };
            let at = At { property, item };
            everything.push((Some(at), text));
            if entry.plain {
                plain.entry(text).or_default().push(at);
            }
        }
    }
    let mut mine: Vec<(At, &str)> = Vec::new();
    for text in ours {
        if let Some(at) = plain.get_mut(text.as_str()).and_then(Vec::pop) {
            mine.push((at, text));
        }
    }
    let places: HashSet<At> = mine.iter().map(|(at, _)| *at).collect();
    let foreign = everything
        .iter()
        .filter(|(at, _)| at.is_none_or(|at| !places.contains(&at)));
    let foreign: HashSet<String> = foreign.map(|(_, text)| key(text)).collect();
    let mut by_key: HashMap<String, usize> = HashMap::new();
    for (i, (_, text)) in mine.iter().enumerate() {
        by_key.entry(key(text)).or_insert(i);
    }
    let (mut result, mut stay) = (Difference::default(), vec![false; mine.len()]);
    for keyword in wanted {
        let keyword_key = key(keyword);
        if foreign.contains(&keyword_key) {
            continue;
        }
        match by_key.get(&keyword_key) {
            Some(&i) => {
                stay[i] = true;
                result.kept.push(mine[i].1.to_owned());
            }
            None => result.inserted.push(keyword.clone()),
        }
    }
    let gone = mine.iter().zip(stay).filter(|(_, stay)| !stay);
    result.removed = gone.map(|((at, text), _)| (*at, (*text).to_owned())).collect();
    result
}
