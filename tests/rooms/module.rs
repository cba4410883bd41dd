//! What a file says of modules: which ones it declares, what it defines, imports and names. Code for tests alone is left out.

use crate::source::{Token, tokens};
use std::collections::{BTreeMap, BTreeSet};

/// A name that a `use` brings in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    pub path: Vec<String>,
    /// What it is called here; `None` for everything (`*`).
    pub name: Option<String>,
    /// Whether it is passed on.
    pub public: bool,
    pub line: usize,
}

/// A path that is written out in the code, or a macro's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub path: Vec<String>,
    /// Whether it is a macro that is called.
    pub bang: bool,
    pub line: usize,
}

/// A module: a file, or a block within one.
#[derive(Debug, Default)]
pub struct Module {
    /// The file, from `src`.
    pub file: String,
    /// Names of the items that it defines itself.
    pub defined: BTreeSet<String>,
    pub imports: Vec<Import>,
    pub named: Vec<Named>,
    /// Every word outside of `use`, with its first line.
    pub words: BTreeMap<String, usize>,
    /// Modules in files of their own.
    pub children: Vec<String>,
    /// Modules in blocks.
    pub blocks: Vec<(String, Module)>,
}

/// Reads a file's module.
pub fn module(file: &str, text: &str) -> Module {
    let tokens = tokens(text);
    let mut reader = Reader { tokens: &tokens, at: 0 };
    reader.module(file, false)
}

struct Reader<'a> {
    tokens: &'a [(Token, usize)],
    at: usize,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead).map(|(token, _)| token)
    }

    fn is(&self, ahead: usize, mark: char) -> bool {
        self.peek(ahead).is_some_and(|token| token.is(mark))
    }

    fn word(&self, ahead: usize) -> Option<&str> {
        self.peek(ahead)?.word()
    }

    fn line(&self) -> usize {
        self.tokens.get(self.at).map_or(0, |(_, line)| *line)
    }

    /// A module up to the end, or to the brace that closes its block.
    fn module(&mut self, file: &str, is_block: bool) -> Module {
        let mut module = Module {
            file: file.to_owned(),
            ..Module::default()
        };
        let (mut depth, mut public) = (0usize, false);
        while let Some(token) = self.peek(0).cloned() {
            match &token {
                Token::Mark('#') if self.attribute() => {
                    if self.is_block_test(is_block) {
                        // The whole module is for tests.
                        return Module::default();
                    }
                    continue;
                }
                Token::Mark('{') => depth += 1,
                Token::Mark('}') if depth == 0 && is_block => {
                    self.at += 1;
                    return module;
                }
                Token::Mark('}') => depth = depth.saturating_sub(1),
                Token::Word(word) => {
                    match word.as_str() {
                        "pub" => {
                            self.at += 1;
                            if self.is(0, '(')
                                && self
                                    .word(1)
                                    .is_some_and(|w| matches!(w, "crate" | "super" | "self" | "in"))
                            {
                                self.group();
                            }
                            public = true;
                            continue;
                        }
                        "use" if !self.is(1, '<') => {
                            let line = self.line();
                            self.at += 1;
                            self.use_tree(Vec::new(), public, line, &mut module.imports);
                        }
                        "mod" if self.word(1).is_some() => self.child(file, &mut module),
                        _ => self.code(word, depth, &mut module),
                    }
                    public = false;
                    continue;
                }
                _ => {}
            }
            public = false;
            self.at += 1;
        }
        module
    }

    /// At `mod NAME`.
    fn child(&mut self, file: &str, module: &mut Module) {
        let name = self.word(1).unwrap_or_default().to_owned();
        self.at += 2;
        if self.is(0, '{') {
            self.at += 1;
            let block = self.module(file, true);
            module.blocks.push((name, block));
        } else {
            module.children.push(name);
        }
    }

    /// A word that is neither of `pub`, `use` and `mod`: perhaps the beginning of a path.
    fn code(&mut self, word: &str, depth: usize, module: &mut Module) {
        const DEFINES: [&str; 8] = ["fn", "struct", "enum", "trait", "type", "const", "static", "union"];
        let line = self.line();
        let before = self.at.checked_sub(1).map(|at| &self.tokens[at].0);
        let begins = !before.is_some_and(|token| token.is('.') || *token == Token::Sep);
        if depth == 0 && DEFINES.contains(&word) {
            let named = (1..3)
                .filter_map(|i| self.word(i))
                .find(|w| !matches!(*w, "mut" | "fn"));
            module.defined.extend(named.map(str::to_owned));
        }
        if word == "macro_rules" && self.is(1, '!') {
            module.defined.extend(self.word(2).map(str::to_owned));
        }
        let mut path = vec![word.to_owned()];
        self.at += 1;
        while self.peek(0) == Some(&Token::Sep)
            && let Some(next) = self.word(1).map(str::to_owned)
        {
            path.push(next);
            self.at += 2;
        }
        for word in &path {
            module.words.entry(word.clone()).or_insert(line);
        }
        let bang = self.is(0, '!') && !self.is(1, '=');
        if begins && (path.len() > 1 || bang) {
            module.named.push(Named { path, bang, line });
        }
    }

    /// The part of a `use` behind `prefix`, up to its semicolon, comma or brace.
    fn use_tree(&mut self, mut prefix: Vec<String>, public: bool, line: usize, out: &mut Vec<Import>) {
        if self.peek(0) == Some(&Token::Sep) {
            self.at += 1;
        }
        loop {
            if self.is(0, '{') {
                self.at += 1;
                while self.peek(0).is_some() && !self.is(0, '}') {
                    self.use_tree(prefix.clone(), public, line, out);
                    if self.is(0, ',') {
                        self.at += 1;
                    }
                }
                self.at += 1;
                return;
            }
            if self.is(0, '*') {
                self.at += 1;
                out.push(Import {
                    path: prefix,
                    name: None,
                    public,
                    line,
                });
                return;
            }
            let Some(word) = self.word(0).map(str::to_owned) else {
                self.at += 1;
                return;
            };
            self.at += 1;
            // `a::{self}` is `a`.
            if word != "self" || prefix.is_empty() {
                prefix.push(word);
            }
            if self.peek(0) == Some(&Token::Sep) {
                self.at += 1;
                continue;
            }
            let mut name = prefix.last().cloned();
            if self.word(0) == Some("as") {
                name = self.word(1).map(str::to_owned);
                self.at += 2;
            }
            out.push(Import {
                path: prefix,
                name,
                public,
                line,
            });
            return;
        }
    }

    /// At `#`: passes an attribute, and the item behind it where that is for tests alone. `false` where it is none.
    fn attribute(&mut self) -> bool {
        let inner = self.is(1, '!');
        let open = 1 + usize::from(inner);
        if !self.is(open, '[') {
            return false;
        }
        if inner {
            // What it says of the whole module is seen by `is_block_test`.
            self.at += open;
            self.group();
            return true;
        }
        let start = self.at + open;
        self.at = start;
        self.group();
        if is_for_tests(&self.tokens[start..self.at]) {
            // More attributes may follow before the item.
            while self.is(0, '#') && self.is(1, '[') {
                self.at += 1;
                self.group();
            }
            self.item();
        }
        true
    }

    /// Whether the attribute just passed was `#![cfg(test)]`.
    fn is_block_test(&mut self, is_block: bool) -> bool {
        let until = &self.tokens[..self.at];
        let Some(start) = until.iter().rposition(|(token, _)| token.is('#')) else {
            return false;
        };
        let inner = until.get(start + 1).is_some_and(|(token, _)| token.is('!'));
        if !(inner && is_for_tests(&until[start..])) {
            return false;
        }
        if is_block {
            while self.peek(0).is_some() && !self.is(0, '}') {
                if self.is(0, '{') {
                    self.group();
                } else {
                    self.at += 1;
                }
            }
            self.at += 1;
        } else {
            self.at = self.tokens.len();
        }
        true
    }

    /// Passes a group from its opening to its closing mark.
    fn group(&mut self) {
        let mut depth = 0usize;
        while let Some(token) = self.peek(0) {
            match token {
                Token::Mark('(' | '[' | '{') => depth += 1,
                Token::Mark(')' | ']' | '}') => depth -= 1,
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                return;
            }
        }
    }

    /// Passes an item, a statement, or a field.
    fn item(&mut self) {
        const ITEMS: [&str; 16] = [
            "pub",
            "fn",
            "mod",
            "use",
            "struct",
            "enum",
            "impl",
            "trait",
            "const",
            "static",
            "type",
            "unsafe",
            "async",
            "extern",
            "macro_rules",
            "let",
        ];
        let is_item = self.word(0).is_some_and(|word| ITEMS.contains(&word));
        let is_use = self.word(0) == Some("use") || (self.word(0) == Some("pub") && self.word(1) == Some("use"));
        loop {
            match self.peek(0) {
                None | Some(Token::Mark('}' | ')' | ']')) => return,
                Some(Token::Mark(';')) => {
                    self.at += 1;
                    return;
                }
                Some(Token::Mark(',')) if !is_item => {
                    self.at += 1;
                    return;
                }
                Some(Token::Mark('{')) => {
                    self.group();
                    if !is_use {
                        return;
                    }
                }
                Some(Token::Mark('(' | '[')) => self.group(),
                Some(_) => self.at += 1,
            }
        }
    }
}

/// Whether an attribute keeps what follows for tests: `test`, or a `cfg` that asks for it.
fn is_for_tests(attribute: &[(Token, usize)]) -> bool {
    let words: Vec<&str> = attribute.iter().filter_map(|(token, _)| token.word()).collect();
    match words.as_slice() {
        ["test"] => true,
        ["cfg", rest @ ..] => rest.contains(&"test") && !rest.contains(&"not") && !rest.contains(&"any"),
        _ => false,
    }
}

#[test]
fn imports_are_read_in_every_form() {
    let text = "
        use crate::{a::{b, c::{self, D as E}}, f::*};
        pub(crate) use super::g::H;
        pub use self::i;
        fn j() -> impl Iterator + use<'_> { use k::L; }
    ";
    let found = module("x.rs", text);
    let said: Vec<(String, Option<&str>, bool)> = found
        .imports
        .iter()
        .map(|i| (i.path.join("::"), i.name.as_deref(), i.public))
        .collect();
    let expected = [
        ("crate::a::b", Some("b"), false),
        ("crate::a::c", Some("c"), false),
        ("crate::a::c::D", Some("E"), false),
        ("crate::f", None, false),
        ("super::g::H", Some("H"), true),
        ("self::i", Some("i"), true),
        ("k::L", Some("L"), false),
    ];
    let expected: Vec<_> = expected.map(|(p, n, public)| (p.to_owned(), n, public)).into();
    assert_eq!(said, expected);
    assert_eq!(found.imports[4].line, 3);
    assert!(found.defined.contains("j"));
}

#[test]
fn code_for_tests_is_left_out() {
    let text = "
        struct S { #[cfg(test)] seen: test_only::A, kept: real::B }
        #[cfg(test)] use crate::{x, y};
        #[cfg(test)] #[allow(dead_code)] fn f<A, B>(a: [u8; 3]) -> Z { crate::z::f() }
        #[test] fn t() { crate::t::t() }
        #[cfg(test)] mod tests { use crate::u; mod deep { use crate::v; } }
        #[cfg(test)] mod more;
        #[cfg(not(test))] use crate::kept;
        mod inner { #![cfg(test)] use crate::w; fn g() {} }
        mod child;
        fn last() { crate::last::x() }
    ";
    let found = module("x.rs", text);
    let paths: Vec<String> = found.named.iter().map(|n| n.path.join("::")).collect();
    assert_eq!(paths, ["real::B", "crate::last::x"]);
    assert_eq!(found.imports.len(), 1);
    assert_eq!(found.imports[0].path, ["crate", "kept"]);
    assert_eq!(found.children, ["child"]);
    assert!(found.blocks.iter().all(|(_, block)| block.imports.is_empty()));
    let whole = module("x.rs", "#![cfg(test)]\nuse crate::a;");
    assert!(whole.imports.is_empty());
}

#[test]
fn paths_and_macros_in_code_are_seen() {
    let text = "fn f(x: crate::a::B) { super::c::d(); y.e::<u8>(); println!(\"{}\", g::H::I); if a != b {} }";
    let found = module("x.rs", text);
    let paths: Vec<(String, bool)> = found.named.iter().map(|n| (n.path.join("::"), n.bang)).collect();
    let expected = [
        ("crate::a::B", false),
        ("super::c::d", false),
        ("println", true),
        ("g::H::I", false),
    ];
    assert_eq!(paths, expected.map(|(path, bang)| (path.to_owned(), bang)));
}
