//! A statement's words, and the signs and addresses between them, in order.

use super::super::words::Words;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token {
    /// The word with this index.
    Word(usize),
    Open,
    Close,
    Slash,
    Bar,
    Amp,
    Plus,
    Comma,
    /// Bytes of an address.
    Url(usize, usize),
}

/// Words after a comma that go on with the name before it.
const GOES_ON: &[&str] =
    &["v", "ver", "version", "rev", "revision", "with", "w", "including", "includes", "see", "a"];

pub(super) struct Tokens {
    /// The statement, addresses blanked.
    text: String,
    statement: String,
    pub(super) words: Words,
    tokens: Vec<(usize, Token)>,
}

impl Tokens {
    pub(super) fn new(statement: &str) -> Self {
        let (text, urls) = without_urls(statement);
        let words = Words::new(&text);
        let mut tokens: Vec<(usize, Token)> =
            (0..words.len()).map(|index| (words.offset(index), Token::Word(index))).collect();
        tokens.extend(urls.iter().map(|(start, end)| (*start, Token::Url(*start, *end))));
        let mut passed = 0;
        for (at, c) in text.char_indices() {
            if at < passed {
                continue;
            }
            let rest = text.get(at..).unwrap_or_default();
            let glued = || text.as_bytes().get(at.wrapping_sub(1)).is_some_and(u8::is_ascii_alphanumeric);
            let token = match c {
                '(' => Token::Open,
                ')' => Token::Close,
                '/' | '\\' if !beside_star(&text, at) => Token::Slash,
                '|' => Token::Bar,
                '&' if entity(rest) > 0 => {
                    passed = at + entity(rest);
                    continue;
                }
                '&' => Token::Amp,
                '+' if !glued() => Token::Plus,
                ',' | ';' if !goes_on(&words, words.at_offset(at)) => Token::Comma,
                _ => continue,
            };
            tokens.push((at, token));
        }
        tokens.sort_by_key(|(at, _)| *at);
        Self { text, statement: statement.to_owned(), words, tokens }
    }

    pub(super) fn get(&self, at: usize) -> Option<Token> {
        self.tokens.get(at).map(|(_, token)| *token)
    }

    /// The text of an address.
    pub(super) fn text_at(&self, at: usize) -> &str {
        match self.get(at) {
            Some(Token::Url(start, end)) => self.statement.get(start..end).unwrap_or_default(),
            _ => "",
        }
    }

    /// The letters, digits and signs of an id from the word on: `GPL-2.0+`.
    pub(super) fn chunk(&self, index: usize) -> &str {
        let rest = self.text.get(self.words.offset(index)..).unwrap_or_default();
        let end =
            rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-' | '+' | '_' | '~' | '\'')));
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().trim_end_matches(['.', '-', '_', '~', '\''])
    }

    /// Whether the word hangs on the one before it by a sign.
    pub(super) fn is_glued(&self, index: usize) -> bool {
        let before = self.text.get(..self.words.offset(index)).unwrap_or_default();
        index < self.words.len() && before.ends_with(['-', '_', '.', '~'])
    }

    /// Whether a word below `end` comes after the token `at`.
    pub(super) fn has_word_before(&self, at: usize, end: usize) -> bool {
        let mut after = self.tokens.iter().skip(at).map(|(_, token)| token);
        after.find_map(|token| match token {
            Token::Word(index) => Some(*index < end),
            _ => None,
        }) == Some(true)
    }

    /// The first word after the next list sign: no name reaches over one.
    pub(super) fn limit(&self, index: usize) -> usize {
        let separates = |token: &Token| matches!(token, Token::Comma | Token::Bar | Token::Url(..));
        self.separator(index, separates).map_or(self.words.len(), |at| self.words.at_offset(at))
    }

    /// The text before the next sign that stands between names.
    pub(super) fn before_separator(&self, index: usize) -> &str {
        let separates = |token: &Token| !matches!(token, Token::Word(_) | Token::Open | Token::Close);
        let end = self.separator(index, separates).unwrap_or(self.text.len());
        self.text.get(..end).unwrap_or_default()
    }

    fn separator(&self, index: usize, separates: impl Fn(&Token) -> bool) -> Option<usize> {
        let start = self.words.offset(index);
        self.tokens.iter().find(|(at, token)| *at > start && separates(token)).map(|(at, _)| *at)
    }
}

/// Whether what follows a comma belongs to the name before it: a version, a date, an exception.
fn goes_on(words: &Words, next: usize) -> bool {
    let word = words.get(next);
    let number = word.starts_with(|c: char| c.is_ascii_digit());
    GOES_ON.contains(&word)
        || number && (word.contains('.') || next + 1 >= words.len())
        || number && word.len() < 3 && matches!(words.get(next + 1), "august" | "june" | "january")
        || matches!(word, "january" | "february" | "june" | "november")
        || word == "or" && matches!(words.get(next + 1), "later" | "newer" | "any" | "at")
}

/// The text with addresses blanked, and where they are.
fn without_urls(statement: &str) -> (String, Vec<(usize, usize)>) {
    let mut text = statement.to_owned();
    let mut urls = Vec::new();
    let lower = statement.to_ascii_lowercase();
    let mut from = 0;
    let start_of = |from: usize| {
        let rest = lower.get(from..)?;
        ["http://", "https://", "www."].iter().filter_map(|start| rest.find(start)).min().map(|at| from + at)
    };
    while let Some(start) = start_of(from) {
        let rest = statement.get(start..).unwrap_or_default();
        let length =
            rest.find(|c: char| c.is_whitespace() || matches!(c, '<' | '>' | '"' | ')' | ',' | ';' | '|'));
        let end = start + length.unwrap_or(rest.len());
        text.replace_range(start..end, &" ".repeat(end - start));
        urls.push((start, end));
        from = end;
    }
    (text, urls)
}

/// Whether the sign ends or begins a comment.
fn beside_star(text: &str, at: usize) -> bool {
    let bytes = text.as_bytes();
    [at.checked_sub(1), at.checked_add(1)].into_iter().flatten().any(|at| bytes.get(at) == Some(&b'*'))
}

/// The length of an HTML entity, `&quot;`.
fn entity(rest: &str) -> usize {
    match rest.bytes().take(8).position(|byte| byte == b';') {
        Some(end) if rest.bytes().take(end).skip(1).all(|b| b.is_ascii_alphanumeric() || b == b'#') => {
            end + 1
        }
        _ => 0,
    }
}
