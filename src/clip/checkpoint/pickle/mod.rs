//! A pickle machine that runs nothing: it builds plain values and keeps classes and functions as mere names.
//!
//! It knows the operations of protocols 0 to 5 and interprets the few globals that torch.save and TorchScript use; every
//! other call becomes an inert [`Node::Opaque`]. Values live in one flat arena, so that neither a cycle nor a million
//! nested tuples can overflow the stack when they are walked or dropped, and memory grows with the input only.

mod calls;
mod globals;
mod input;
mod machine;

use super::numbers::Number;
pub(super) use machine::run;
use std::rc::Rc;

/// A value's place in [`Pickle::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Id(u32);

/// A value.
#[derive(Debug)]
pub(super) enum Node {
    /// `None`.
    None,
    /// `True`, `False` or an integer that fits.
    Int(i64),
    /// A string.
    Text(Rc<str>),
    /// A tuple.
    Tuple(Vec<Id>),
    /// A list or a set.
    List(Vec<Id>),
    /// A dictionary, in the order of insertion, repeated keys included.
    Dict(Vec<(Id, Id)>),
    /// A class or function, by its full name.
    Global(Rc<str>),
    /// The memory of one or more tensors.
    Storage(Storage),
    /// A view into a storage.
    Tensor(Box<Tensor>),
    /// An instance of a class that is not interpreted, with what BUILD gave it.
    Object {
        /// Full name of the class.
        class: Rc<str>,
        /// The state, most often a dictionary of attributes.
        state: Option<Id>,
    },
    /// The result of a call that was not made, by the name of the function.
    Called(Rc<str>),
    /// Something that is of no use here, such as bytes. Says what.
    Opaque(&'static str),
}

/// A piece of memory in the archive.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Storage {
    /// Name of its entry below `data/`.
    pub key: Rc<str>,
    /// Number format; `None` for one that is not known.
    pub number: Option<Number>,
    /// Name of the storage's class, for messages.
    pub class: Rc<str>,
}

/// A strided view.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    /// The memory.
    pub storage: Storage,
    /// First element.
    pub offset: usize,
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// Steps in elements, as many as sizes.
    pub strides: Vec<usize>,
}

/// All values of one pickle.
#[derive(Debug)]
pub(super) struct Pickle {
    nodes: Vec<Node>,
    /// What the pickle evaluates to.
    pub root: Id,
}

impl Pickle {
    /// The value at `id`.
    pub(super) fn get(&self, id: Id) -> &Node {
        // Ids are made by the machine only, from places that exist.
        &self.nodes[id.0 as usize]
    }

    /// The value at `id` as a string.
    pub(super) fn text(&self, id: Id) -> Option<&str> {
        match self.get(id) {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }

    /// What the value at `id` is, for messages.
    pub(super) fn describe(&self, id: Id) -> String {
        match self.get(id) {
            Node::None => "None".to_owned(),
            Node::Int(_) => "a number".to_owned(),
            Node::Text(_) => "a string".to_owned(),
            Node::Tuple(_) => "a tuple".to_owned(),
            Node::List(_) => "a list".to_owned(),
            Node::Dict(_) => "a dictionary".to_owned(),
            Node::Global(name) => format!("the name `{name}`"),
            Node::Storage(_) => "bare memory".to_owned(),
            Node::Tensor(_) => "a single tensor".to_owned(),
            Node::Object { class, .. } => format!("an object of class `{class}`"),
            Node::Called(name) => format!("the result of `{name}`"),
            Node::Opaque(what) => (*what).to_owned(),
        }
    }
}

type Result<T> = std::result::Result<T, PickleError>;

/// Why a pickle was refused.
#[derive(Debug, PartialEq)]
pub(super) enum PickleError {
    /// It names something that can run code or touch the system.
    Unsafe(String),
    /// It is cut off or contradicts itself; says where and what.
    Malformed(String),
    /// It is larger than any real one.
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The bound.
        limit: u64,
    },
}
