//! The stack machine itself.

use super::input::Input;
use super::{Id, Node, Pickle, PickleError, Result};
use std::collections::HashMap;
use std::rc::Rc;

/// A training checkpoint with its optimizer state has some 100,000 values.
const MAX_NODES: usize = 2_000_000;
const MAX_STACK: usize = 1_000_000;

/// Evaluates `bytes`. What follows STOP is ignored.
///
/// # Errors
/// A [`PickleError`]; nothing of the pickle is ever run.
pub(in super::super) fn run(bytes: &[u8]) -> Result<Pickle> {
    let mut machine = Machine {
        input: Input::new(bytes),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
        nodes: Vec::new(),
        copied: 0,
    };
    while !machine.step()? {}
    let root = machine.pop()?;
    Ok(Pickle {
        nodes: machine.nodes,
        root,
    })
}

pub(super) struct Machine<'a> {
    pub(super) input: Input<'a>,
    stack: Vec<Id>,
    /// Height of the stack at each open MARK.
    marks: Vec<usize>,
    memo: HashMap<u64, Id>,
    nodes: Vec<Node>,
    /// Entries copied from one dictionary into another so far.
    pub(super) copied: usize,
}

impl Machine<'_> {
    /// Does one operation; true at STOP.
    fn step(&mut self) -> Result<bool> {
        let op = self.input.byte()?;
        match op {
            b'.' => return Ok(true),
            0x80 => {
                self.input.byte()?;
            }
            0x95 => {
                self.input.take(8)?;
            }
            b'(' => {
                self.check_stack(self.marks.len())?;
                self.marks.push(self.stack.len());
            }
            b'0' => {
                if self.marks.last() == Some(&self.stack.len()) {
                    self.marks.pop();
                } else {
                    self.pop()?;
                }
            }
            b'1' => drop(self.pop_mark()?),
            b'2' => {
                let top = self.top()?;
                self.push_id(top)?;
            }
            b'N' => self.push(Node::None)?,
            0x88 => self.push(Node::Int(1))?,
            0x89 => self.push(Node::Int(0))?,
            b'I' | b'J' | b'K' | b'M' | b'L' | 0x8a | 0x8b => {
                let node = self.input.integer(op)?;
                self.push(node)?;
            }
            b'F' => {
                self.input.line()?;
                self.push(Node::Opaque("a number"))?;
            }
            b'G' => {
                self.input.take(8)?;
                self.push(Node::Opaque("a number"))?;
            }
            b'S' | b'T' | b'U' | b'V' | b'X' | 0x8c | 0x8d => {
                let text = self.input.string(op)?;
                self.push(Node::Text(text.into()))?;
            }
            b'B' | b'C' | 0x8e | 0x96 => {
                let length = self.input.unsigned(match op {
                    b'C' => 1,
                    b'B' => 4,
                    _ => 8,
                })?;
                self.input.take(length)?;
                self.push(Node::Opaque("bytes"))?;
            }
            b']' | 0x8f => self.push(Node::List(Vec::new()))?,
            b'}' => self.push(Node::Dict(Vec::new()))?,
            b')' => self.push(Node::Tuple(Vec::new()))?,
            b'l' | 0x91 => {
                let items = self.pop_mark()?;
                self.push(Node::List(items))?;
            }
            b't' => {
                let items = self.pop_mark()?;
                self.push(Node::Tuple(items))?;
            }
            0x85..=0x87 => self.short_tuple(usize::from(op - 0x84))?,
            b'd' => {
                let items = self.pop_mark()?;
                self.push(Node::Dict(pairs(&items)))?;
            }
            b'a' => {
                let item = self.pop()?;
                self.extend_list(&[item])?;
            }
            b'e' | 0x90 => {
                let items = self.pop_mark()?;
                self.extend_list(&items)?;
            }
            b's' => {
                let value = self.pop()?;
                let key = self.pop()?;
                self.extend_dict(&[(key, value)])?;
            }
            b'u' => {
                let items = self.pop_mark()?;
                self.extend_dict(&pairs(&items))?;
            }
            b'g' | b'h' | b'j' => {
                let key = match op {
                    b'g' => self.input.decimal()?,
                    b'h' => self.input.unsigned(1)? as u64,
                    _ => self.input.unsigned(4)? as u64,
                };
                let id = *self
                    .memo
                    .get(&key)
                    .ok_or_else(|| self.malformed("it recalls a value it never stored"))?;
                self.push_id(id)?;
            }
            b'p' | b'q' | b'r' | 0x94 => {
                let key = match op {
                    b'p' => self.input.decimal()?,
                    b'q' => self.input.unsigned(1)? as u64,
                    b'r' => self.input.unsigned(4)? as u64,
                    _ => self.memo.len() as u64,
                };
                let top = self.top()?;
                self.memo.insert(key, top);
            }
            b'c' => {
                let module = self.input.line_text()?;
                let name = self.input.line_text()?;
                let global = self.global(&module, &name)?;
                self.push(global)?;
            }
            0x93 => {
                let (name, module) = (self.pop()?, self.pop()?);
                let (Some(name), Some(module)) = (self.text(name), self.text(module)) else {
                    return Err(self.malformed("a class name is no string"));
                };
                let global = self.global(&module, &name)?;
                self.push(global)?;
            }
            b'R' | 0x81 => {
                let (arguments, function) = (self.pop()?, self.pop()?);
                self.apply(function, arguments, op == 0x81)?;
            }
            0x92 => {
                let (_, arguments, class) = (self.pop()?, self.pop()?, self.pop()?);
                self.apply(class, arguments, true)?;
            }
            b'o' | b'i' => self.old_instance(op == b'i')?,
            b'b' => {
                let state = self.pop()?;
                let instance = self.top()?;
                if let Node::Object { state: slot, .. } = self.node_mut(instance) {
                    *slot = Some(state);
                }
            }
            b'P' => {
                self.input.line()?;
                self.push(Node::Opaque("an external reference"))?;
            }
            b'Q' => {
                let reference = self.pop()?;
                let storage = self.storage(reference);
                self.push(storage.map_or_else(|| Node::Opaque("an external reference"), Node::Storage))?;
            }
            other => return Err(self.malformed(&format!("operation 0x{other:02x} is not used by PyTorch"))),
        }
        Ok(false)
    }

    pub(super) fn malformed(&self, what: &str) -> PickleError {
        self.input.malformed(what)
    }

    // The stack and the arena.

    fn check_stack(&self, length: usize) -> Result<()> {
        if length >= MAX_STACK {
            return Err(PickleError::TooLarge {
                what: "the pickle's stack grows",
                limit: MAX_STACK as u64,
            });
        }
        Ok(())
    }

    pub(super) fn push_id(&mut self, id: Id) -> Result<()> {
        self.check_stack(self.stack.len())?;
        self.stack.push(id);
        Ok(())
    }

    pub(super) fn push(&mut self, node: Node) -> Result<()> {
        if self.nodes.len() >= MAX_NODES {
            return Err(PickleError::TooLarge {
                what: "the pickle holds too many values",
                limit: MAX_NODES as u64,
            });
        }
        let id = Id(self.nodes.len() as u32);
        self.nodes.push(node);
        self.push_id(id)
    }

    pub(super) fn pop(&mut self) -> Result<Id> {
        // Popping below an open mark is how damaged pickles go astray; Python refuses it too.
        let floor = self.marks.last().copied().unwrap_or(0);
        if self.stack.len() <= floor {
            return Err(self.malformed("the stack is empty"));
        }
        self.stack.pop().ok_or_else(|| self.malformed("the stack is empty"))
    }

    fn top(&self) -> Result<Id> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let top = self.stack.last().filter(|_| self.stack.len() > floor);
        top.copied().ok_or_else(|| self.malformed("the stack is empty"))
    }

    pub(super) fn pop_mark(&mut self) -> Result<Vec<Id>> {
        let height = self.marks.pop().ok_or_else(|| self.malformed("there is no mark"))?;
        Ok(self.stack.split_off(height.min(self.stack.len())))
    }

    pub(super) fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    fn node_mut(&mut self, id: Id) -> &mut Node {
        &mut self.nodes[id.0 as usize]
    }

    pub(super) fn text(&self, id: Id) -> Option<Rc<str>> {
        match self.node(id) {
            Node::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn short_tuple(&mut self, length: usize) -> Result<()> {
        let mut items = Vec::with_capacity(length);
        for _ in 0..length {
            items.push(self.pop()?);
        }
        items.reverse();
        self.push(Node::Tuple(items))
    }

    /// Adds to the list on top. What is no list (the inert result of a call) swallows the items.
    fn extend_list(&mut self, items: &[Id]) -> Result<()> {
        let top = self.top()?;
        if let Node::List(list) = self.node_mut(top) {
            list.extend_from_slice(items);
        }
        Ok(())
    }

    fn extend_dict(&mut self, items: &[(Id, Id)]) -> Result<()> {
        let top = self.top()?;
        if let Node::Dict(dict) = self.node_mut(top) {
            dict.extend_from_slice(items);
        }
        Ok(())
    }
}

/// Keys and values in turn; a last key without value is dropped.
fn pairs(items: &[Id]) -> Vec<(Id, Id)> {
    items
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[key, value]| (*key, *value))
        .collect()
}
