//! What names and calls in a pickle come to.

use super::globals::{Call, call, is_dangerous, number_of_storage};
use super::machine::Machine;
use super::{Id, Node, PickleError, Result, Storage, Tensor};
use std::rc::Rc;

const MAX_NAME: usize = 1_000;
/// Entries that calls of `OrderedDict(pairs)` may copy in all; torch.save writes none.
const MAX_COPIED: usize = 2_000_000;

impl Machine<'_> {
    pub(super) fn global(&self, module: &str, name: &str) -> Result<Node> {
        if is_dangerous(module, name) {
            return Err(PickleError::Unsafe(format!("{module}.{name}")));
        }
        if module.len() + name.len() > MAX_NAME {
            return Err(self.malformed("a class name is endless"));
        }
        Ok(Node::Global(format!("{module}.{name}").into()))
    }

    /// Pushes what `function(*arguments)` gives, or for `new` what making an instance gives.
    pub(super) fn apply(&mut self, function: Id, arguments: Id, new: bool) -> Result<()> {
        let Node::Global(name) = self.node(function) else {
            return self.push(Node::Opaque("the result of a call"));
        };
        let name = Rc::clone(name);
        // A few arguments say all; copying a long list at every call would let a small pickle take hours.
        let items: Vec<Id> = match self.node(arguments) {
            Node::Tuple(items) | Node::List(items) => items.iter().take(8).copied().collect(),
            _ => return Err(self.malformed("the arguments of a call are no tuple")),
        };
        match call(&name) {
            Call::Dict => {
                let entries = match items.first() {
                    Some(first) => self.entries(*first)?,
                    None => Vec::new(),
                };
                self.push(Node::Dict(entries))
            }
            Call::Tensor => {
                let tensor = self.tensor(&items);
                let tensor = tensor.ok_or_else(|| self.malformed("a tensor's description makes no sense"))?;
                self.push(Node::Tensor(Box::new(tensor)))
            }
            Call::First => match items.first() {
                Some(first) => self.push_id(*first),
                None => Err(self.malformed("a call lacks its arguments")),
            },
            // The inner function is named by a global too, and may not nest again: no real file does.
            Call::Inner => match items.as_slice() {
                [inner, _, arguments, ..] if matches!(self.node(*inner), Node::Global(name) if call(name) != Call::Inner) => {
                    self.apply(*inner, *arguments, false)
                }
                _ => self.push(Node::Called(name)),
            },
            Call::Unknown if new => self.push(Node::Object {
                class: name,
                state: None,
            }),
            Call::Unknown => self.push(Node::Called(name)),
        }
    }

    /// `OBJ` and `INST`, by which protocols 0 and 1 make instances.
    pub(super) fn old_instance(&mut self, named_in_line: bool) -> Result<()> {
        let class = if named_in_line {
            let module = self.input.line_text()?;
            let name = self.input.line_text()?;
            self.global(&module, &name)?
        } else {
            Node::None
        };
        let items = self.pop_mark()?;
        let class = match (class, items.first()) {
            (Node::Global(class), _) => class,
            (_, Some(first)) => match self.node(*first) {
                Node::Global(class) => Rc::clone(class),
                _ => return Err(self.malformed("an instance has no class")),
            },
            _ => return Err(self.malformed("an instance has no class")),
        };
        self.push(Node::Object { class, state: None })
    }

    /// The pairs of a dictionary, or of a list of pairs.
    fn entries(&mut self, from: Id) -> Result<Vec<(Id, Id)>> {
        let entries: Vec<(Id, Id)> = match self.node(from) {
            Node::Dict(entries) => entries.clone(),
            Node::List(items) => items
                .iter()
                .filter_map(|pair| match self.node(*pair) {
                    Node::Tuple(pair) | Node::List(pair) if pair.len() == 2 => Some((pair[0], pair[1])),
                    _ => None,
                })
                .collect(),
            _ => Vec::new(),
        };
        self.copied += entries.len();
        if self.copied > MAX_COPIED {
            return Err(PickleError::TooLarge {
                what: "the pickle copies its values",
                limit: MAX_COPIED as u64,
            });
        }
        Ok(entries)
    }

    /// `('storage', class, key, location, count)`.
    pub(super) fn storage(&self, reference: Id) -> Option<Storage> {
        let Node::Tuple(items) = self.node(reference) else {
            return None;
        };
        let &[tag, class, key, ..] = items.as_slice() else {
            return None;
        };
        let Node::Global(class) = self.node(class) else {
            return None;
        };
        if &*self.text(tag)? != "storage" {
            return None;
        }
        Some(Storage {
            key: self.text(key)?,
            number: number_of_storage(class),
            class: Rc::clone(class),
        })
    }

    fn tensor(&self, arguments: &[Id]) -> Option<Tensor> {
        let &[storage, offset, shape, strides, ..] = arguments else {
            return None;
        };
        let Node::Storage(storage) = self.node(storage) else {
            return None;
        };
        let Node::Int(offset) = self.node(offset) else {
            return None;
        };
        let (shape, strides) = (self.sizes(shape)?, self.sizes(strides)?);
        if shape.len() != strides.len() {
            return None;
        }
        Some(Tensor {
            storage: storage.clone(),
            offset: usize::try_from(*offset).ok()?,
            shape,
            strides,
        })
    }

    fn sizes(&self, id: Id) -> Option<Vec<usize>> {
        let (Node::Tuple(items) | Node::List(items)) = self.node(id) else {
            return None;
        };
        // Tensors have at most a handful of dimensions, and a long list here would be copied for every tensor.
        if items.len() > 16 {
            return None;
        }
        items
            .iter()
            .map(|item| match self.node(*item) {
                Node::Int(size) => usize::try_from(*size).ok(),
                _ => None,
            })
            .collect()
    }
}
