//! Finding the tensors in what a pickle holds: a dictionary, perhaps within another, or a TorchScript object tree.

use super::pickle::{Id, Node, Pickle, Tensor};

/// Keys below which training programs keep the weights.
const NESTED: [&str; 4] = ["state_dict", "model_state_dict", "model", "module"];
const MAX_DEPTH: usize = 64;
const MAX_VISITS: usize = 500_000;
const MAX_NAME: usize = 1_000;

/// All tensors by name.
///
/// # Errors
/// What the pickle holds instead, as the end of a sentence "holds ...".
pub(super) fn tensors(pickle: &Pickle) -> Result<Vec<(String, Tensor)>, String> {
    let mut root = pickle.root;
    // Two levels are common (`state_dict` within `model`); a cycle ends here as well.
    for _ in 0..4 {
        match nested(pickle, root) {
            Some(inner) => root = inner,
            None => break,
        }
    }
    let found = match pickle.get(root) {
        Node::Dict(entries) => dictionary(pickle, entries)?,
        Node::Object { class, .. } if class.starts_with("__torch__.") => tree(pickle, root)?,
        Node::Object { class, .. } => return Err(format!("a whole Python object of class `{class}`")),
        _ => return Err(pickle.describe(root)),
    };
    if found.is_empty() {
        return Err("no tensors".to_owned());
    }
    Ok(found)
}

fn nested(pickle: &Pickle, root: Id) -> Option<Id> {
    let Node::Dict(entries) = pickle.get(root) else {
        return None;
    };
    NESTED.iter().find_map(|name| {
        let (_, value) = entries.iter().find(|(key, _)| pickle.text(*key) == Some(*name))?;
        matches!(pickle.get(*value), Node::Dict(_)).then_some(*value)
    })
}

fn dictionary(pickle: &Pickle, entries: &[(Id, Id)]) -> Result<Vec<(String, Tensor)>, String> {
    let mut found = Vec::new();
    for (key, value) in entries {
        let Some(name) = pickle.text(*key).filter(|name| name.len() <= MAX_NAME) else {
            continue;
        };
        match pickle.get(*value) {
            Node::Tensor(tensor) => found.push((name.to_owned(), (**tensor).clone())),
            // Programs keep settings beside the tensors. A dotted name is a parameter's.
            Node::Called(_) | Node::Object { .. } | Node::Opaque("an external reference") if name.contains('.') => {
                return Err(format!("{} where the tensor {name} should be", pickle.describe(*value)));
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Walks a TorchScript module and its submodules, and joins the names of attributes with dots.
fn tree(pickle: &Pickle, root: Id) -> Result<Vec<(String, Tensor)>, String> {
    let mut found = Vec::new();
    let mut open = vec![(String::new(), root, 0)];
    let mut visits = 0;
    while let Some((prefix, id, depth)) = open.pop() {
        let Node::Object { state: Some(state), .. } = pickle.get(id) else {
            continue;
        };
        let Node::Dict(entries) = pickle.get(*state) else {
            continue;
        };
        for (key, value) in entries {
            visits += 1;
            // Objects may refer to each other in circles, or fan out without end.
            if visits > MAX_VISITS || depth > MAX_DEPTH || prefix.len() > MAX_NAME {
                return Err("modules without end".to_owned());
            }
            let Some(name) = pickle.text(*key).filter(|name| name.len() <= MAX_NAME) else {
                continue;
            };
            let name = if prefix.is_empty() {
                name.to_owned()
            } else {
                format!("{prefix}.{name}")
            };
            match pickle.get(*value) {
                Node::Tensor(tensor) => found.push((name, (**tensor).clone())),
                Node::Object { .. } => open.push((name, *value, depth + 1)),
                _ => {}
            }
        }
    }
    Ok(found)
}
