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
        let is_known = op == b'.'
            || self.arrange(op)?
            || self.literal(op)?
            || self.container(op)?
            || self.recollect(op)?
            || self.call(op)?;
        if !is_known {
            return Err(self.malformed(&format!("operation 0x{op:02x} is not used by PyTorch")));
        }
        Ok(op == b'.')
    }

    // Each of the following does `op` where it is of its kind, and says whether it was.

    /// Frames, marks, and the stack's own order.
    fn arrange(&mut self, op: u8) -> Result<bool> {
        match op {
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
            b'0' if self.marks.last() == Some(&self.stack.len()) => {
                self.marks.pop();
            }
            b'0' => {
                self.pop()?;
            }
            b'1' => drop(self.pop_mark()?),
            b'2' => {
                let top = self.top()?;
                self.push_id(top)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Values that stand in the pickle themselves.
    fn literal(&mut self, op: u8) -> Result<bool> {
        let node = match op {
            b'N' => Node::None,
            0x88 => Node::Int(1),
            0x89 => Node::Int(0),
            b'I' | b'J' | b'K' | b'M' | b'L' | 0x8a | 0x8b => self.input.integer(op)?,
            b'F' => {
                self.input.line()?;
                Node::Opaque("a number")
            }
            b'G' => {
                self.input.take(8)?;
                Node::Opaque("a number")
            }
            b'S' | b'T' | b'U' | b'V' | b'X' | 0x8c | 0x8d => Node::Text(self.input.string(op)?.into()),
            b'B' | b'C' | 0x8e | 0x96 => {
                let length = self.input.unsigned(match op {
                    b'C' => 1,
                    b'B' => 4,
                    _ => 8,
                })?;
                self.input.take(length)?;
                Node::Opaque("bytes")
            }
            _ => return Ok(false),
        };
        self.push(node)?;
        Ok(true)
    }

    /// Lists, tuples and dictionaries, made and extended.
    fn container(&mut self, op: u8) -> Result<bool> {
        let node = match op {
            b']' | 0x8f => Node::List(Vec::new()),
            b'}' => Node::Dict(Vec::new()),
            b')' => Node::Tuple(Vec::new()),
            b'l' | 0x91 => Node::List(self.pop_mark()?),
            b't' => Node::Tuple(self.pop_mark()?),
            0x85..=0x87 => Node::Tuple(self.pop_in_order(usize::from(op - 0x84))?),
            b'd' => Node::Dict(pairs(&self.pop_mark()?)),
            _ => return self.extend(op),
        };
        self.push(node)?;
        Ok(true)
    }

    /// Adds to the container on top. Anything else there (the inert result of a call) swallows what is added.
    fn extend(&mut self, op: u8) -> Result<bool> {
        let items = match op {
            b'a' => vec![self.pop()?],
            b's' => self.pop_in_order(2)?,
            b'e' | 0x90 | b'u' => self.pop_mark()?,
            _ => return Ok(false),
        };
        let top = self.top()?;
        match self.node_mut(top) {
            Node::List(list) if matches!(op, b'a' | b'e' | 0x90) => list.extend(items),
            Node::Dict(dict) if matches!(op, b's' | b'u') => dict.extend(pairs(&items)),
            _ => {}
        }
        Ok(true)
    }

    /// The memo: values stored and recalled.
    fn recollect(&mut self, op: u8) -> Result<bool> {
        let key = match op {
            b'g' | b'p' => self.input.decimal()?,
            b'h' | b'q' => self.input.unsigned(1)? as u64,
            b'j' | b'r' => self.input.unsigned(4)? as u64,
            0x94 => self.memo.len() as u64,
            _ => return Ok(false),
        };
        if matches!(op, b'g' | b'h' | b'j') {
            let stored = self.memo.get(&key).copied();
            let id = stored.ok_or_else(|| self.malformed("it recalls a value it never stored"))?;
            self.push_id(id)?;
        } else {
            let top = self.top()?;
            self.memo.insert(key, top);
        }
        Ok(true)
    }

    /// Classes, calls, instances and references to storages.
    fn call(&mut self, op: u8) -> Result<bool> {
        match op {
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
            _ => return Ok(false),
        }
        Ok(true)
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

    /// The `length` topmost values, the topmost last.
    fn pop_in_order(&mut self, length: usize) -> Result<Vec<Id>> {
        let mut items = Vec::with_capacity(length);
        for _ in 0..length {
            items.push(self.pop()?);
        }
        items.reverse();
        Ok(items)
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
