//! Rust source as words and marks: strings, characters, numbers, lifetimes and comments do not count.

/// A token, as far as paths are concerned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// An identifier or keyword, without `r#`.
    Word(String),
    /// `::`.
    Sep,
    /// Any other mark.
    Mark(char),
    /// A string, character or number.
    Literal,
}

impl Token {
    /// Whether it is this mark.
    pub fn is(&self, mark: char) -> bool {
        *self == Self::Mark(mark)
    }

    /// The word, where it is one.
    pub fn word(&self) -> Option<&str> {
        match self {
            Self::Word(word) => Some(word),
            _ => None,
        }
    }
}

/// The tokens of `text`, each with its line, from 1.
pub fn tokens(text: &str) -> Vec<(Token, usize)> {
    let mut lexer = Lexer {
        chars: text.chars().collect(),
        at: 0,
        line: 1,
    };
    let mut tokens = Vec::new();
    while let Some(c) = lexer.peek(0) {
        let line = lexer.line;
        if let Some(token) = lexer.token(c) {
            tokens.push((token, line));
        }
    }
    tokens
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
    line: usize,
}

impl Lexer {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.chars.get(self.at + ahead).copied()
    }

    fn bump(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    fn skip(&mut self, n: usize) {
        for _ in 0..n {
            self.bump();
        }
    }

    fn while_some(&mut self, is_part: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek(0).filter(|c| is_part(*c)) {
            text.push(c);
            self.bump();
        }
        text
    }

    fn token(&mut self, c: char) -> Option<Token> {
        match (c, self.peek(1)) {
            ('/', Some('/')) => {
                self.while_some(|c| c != '\n');
                None
            }
            ('/', Some('*')) => {
                self.block_comment();
                None
            }
            (':', Some(':')) => {
                self.skip(2);
                Some(Token::Sep)
            }
            ('"', _) => Some(self.string()),
            ('\'', next) => self.quote(next),
            _ if c.is_whitespace() => {
                self.bump();
                None
            }
            _ if c.is_ascii_digit() => Some(self.number()),
            _ if is_word(c) => Some(self.word()),
            _ => {
                self.bump();
                Some(Token::Mark(c))
            }
        }
    }

    fn block_comment(&mut self) {
        let mut depth = 0;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some('/'), Some('*')) => {
                    depth += 1;
                    self.skip(2);
                }
                (Some('*'), Some('/')) => {
                    depth -= 1;
                    self.skip(2);
                    if depth == 0 {
                        return;
                    }
                }
                (Some(_), _) => self.skip(1),
                (None, _) => return,
            }
        }
    }

    fn string(&mut self) -> Token {
        self.bump();
        while let Some(c) = self.bump() {
            match c {
                '\\' => self.skip(1),
                '"' => break,
                _ => {}
            }
        }
        Token::Literal
    }

    /// A string between `hashes` marks, in which nothing is escaped. The lexer stands at its quote.
    fn raw_string(&mut self, hashes: usize) -> Token {
        self.bump();
        while let Some(c) = self.bump() {
            if c == '"' && (0..hashes).all(|i| self.peek(i) == Some('#')) {
                self.skip(hashes);
                break;
            }
        }
        Token::Literal
    }

    /// A character, or a lifetime, which says nothing here.
    fn quote(&mut self, next: Option<char>) -> Option<Token> {
        if next == Some('\\') {
            self.skip(3);
            self.while_some(|c| c != '\'');
            self.bump();
            return Some(Token::Literal);
        }
        if self.peek(2) == Some('\'') {
            self.skip(3);
            return Some(Token::Literal);
        }
        self.bump();
        self.while_some(is_word);
        None
    }

    fn number(&mut self) -> Token {
        let mut text = self.while_some(is_word);
        if self.peek(0) == Some('.') && self.peek(1).is_some_and(|c| c.is_ascii_digit()) {
            self.bump();
            text = self.while_some(is_word);
        }
        let has_sign = matches!(self.peek(0), Some('+' | '-'));
        if has_sign && !text.starts_with("0x") && text.ends_with(['e', 'E']) {
            self.bump();
            self.while_some(is_word);
        }
        Token::Literal
    }

    fn word(&mut self) -> Token {
        let word = self.while_some(is_word);
        let hashes = (0..).take_while(|i| self.peek(*i) == Some('#')).count();
        let quoted = self.peek(hashes) == Some('"');
        match word.as_str() {
            "r" | "br" | "cr" if quoted => {
                self.skip(hashes);
                self.raw_string(hashes)
            }
            "b" | "c" if quoted && hashes == 0 => self.string(),
            "b" if self.peek(0) == Some('\'') => {
                let next = self.peek(1);
                self.quote(next);
                Token::Literal
            }
            "r" if hashes == 1 && self.peek(1).is_some_and(is_word) => {
                self.bump();
                Token::Word(self.while_some(is_word))
            }
            _ => Token::Word(word),
        }
    }
}

fn is_word(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

#[test]
fn only_code_counts() {
    let words = |text: &str| -> Vec<String> {
        let words = tokens(text)
            .into_iter()
            .filter_map(|(token, _)| token.word().map(str::to_owned));
        words.collect()
    };
    assert_eq!(words("a // crate::x\nb /* c /* d */ e */ f"), ["a", "b", "f"]);
    assert_eq!(
        words(r###"a "crate::\"b" r#"c " d"# b"e" 'f' '\'' '\u{1F600}' b'g' h"###),
        ["a", "h"]
    );
    assert_eq!(
        words("fn f<'a>(x: &'a str) -> r#type {}"),
        ["fn", "f", "x", "str", "type"]
    );
    assert_eq!(words("0x1f..a 1.5e-3 2u8.max(b) 1..2"), ["a", "max", "b"]);
    assert_eq!(tokens("a::\nb")[2], (Token::Word("b".to_owned()), 2));
    assert_eq!(tokens("\"one\ntwo\" a")[1].1, 2, "lines within strings count");
}
