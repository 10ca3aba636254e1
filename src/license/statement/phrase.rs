//! A statement as a small expression of names: `MIT or Apache 2.0`, `GPL (>= 2) | file LICENSE`, `Dual licensed under
//! CDDL 1.0 and GPL v2 with Classpath Exception`. One pass, no going back: what is not understood ends it.

use super::super::expression;
use super::super::names::{self, Strength, address, aliases::aliases};
use super::super::words::Words;
use super::operands::{Operand, Operator, combine, later, same};
use super::tokens::{Token, Tokens};

/// Deepest nesting of parentheses.
const DEPTH_MAX: usize = 8;
/// Most words of a name, fillers not counted.
const NAME_WORDS_MAX: usize = 12;

/// Words that lead to an exception.
const WITH: &[&str] = &["with", "w", "including", "includes"];

/// The expression that the statement is; `None` if a part of it is not understood.
pub(super) fn read(statement: &str) -> Option<String> {
    let tokens = Tokens::new(statement);
    let mut reader = Reader { tokens, at: 0, open: 0, is_choice: false };
    let operand = reader.list(0)?;
    match operand {
        Operand::Known(expression) if reader.peek().is_none() => Some(expression),
        _ => None,
    }
}

struct Reader {
    tokens: Tokens,
    at: usize,
    /// Parentheses opened within a name, whose ends are to be passed over.
    open: usize,
    is_choice: bool,
}

impl Reader {
    fn peek(&self) -> Option<Token> {
        self.tokens.get(self.at)
    }

    fn word(&self) -> &str {
        match self.peek() {
            Some(Token::Word(index)) => self.tokens.words.get(index),
            _ => "",
        }
    }

    fn list(&mut self, depth: usize) -> Option<Operand> {
        if depth > DEPTH_MAX {
            return None;
        }
        let mut operands = vec![self.operand(depth)?];
        let mut operators = Vec::new();
        loop {
            self.pass_ends();
            if matches!(self.peek(), None | Some(Token::Close)) {
                break;
            }
            let operator = self.operator();
            let operand = self.operand(depth)?;
            if operand == Operand::Empty {
                // `MIT, see the file`; but an alternative that says nothing is one that is not understood.
                if operator == Operator::Or {
                    return None;
                }
                continue;
            }
            operators.push(operator);
            operands.push(operand);
        }
        if depth == 0 && self.is_choice {
            let joins = operators.iter_mut().filter(|one| **one != Operator::Blank);
            joins.for_each(|one| *one = Operator::Or);
        }
        combine(operands, operators)
    }

    /// Ends of parentheses that a name has swallowed the beginning of.
    fn pass_ends(&mut self) {
        while self.open > 0 && self.peek() == Some(Token::Close) {
            self.open -= 1;
            self.at += 1;
        }
    }

    fn operator(&mut self) -> Operator {
        let mut found = None;
        loop {
            let next = match self.peek() {
                Some(Token::Slash | Token::Bar) => Operator::Or,
                Some(Token::Amp | Token::Plus) => Operator::And,
                Some(Token::Comma) => Operator::Comma,
                Some(Token::Word(_)) => match self.word() {
                    "or" => Operator::Or,
                    "and" | "plus" | "+" => Operator::And,
                    _ => break,
                },
                _ => break,
            };
            found = Some(match (found, next) {
                (Some(Operator::Comma), Operator::And) => Operator::CommaAnd,
                (Some(Operator::Or), _) => Operator::Or,
                (_, next) => next,
            });
            self.at += 1;
        }
        found.unwrap_or(Operator::Blank)
    }

    fn operand(&mut self, depth: usize) -> Option<Operand> {
        let operand = loop {
            match self.peek() {
                None | Some(Token::Close) => return Some(Operand::Empty),
                Some(Token::Open) => break self.group(depth)?,
                Some(Token::Url(..)) => break self.url(),
                Some(Token::Word(index)) => {
                    if let Some((expression, end)) = self.name(index) {
                        self.pass_to(end);
                        break Operand::Known(expression);
                    }
                    if let Some(file) = self.file(index) {
                        break Operand::File(file);
                    }
                    if !self.pass_noise() {
                        break self.unknown(index)?;
                    }
                }
                Some(_) => return None,
            }
        };
        match operand {
            Operand::Known(expression) => Some(Operand::Known(self.suffixes(expression, depth)?)),
            other => Some(other),
        }
    }

    fn group(&mut self, depth: usize) -> Option<Operand> {
        self.at += 1;
        let inner = self.list(depth + 1)?;
        self.pass_ends();
        (self.peek() == Some(Token::Close)).then(|| self.at += 1)?;
        Some(inner)
    }

    fn url(&mut self) -> Operand {
        let url = self.tokens.text_at(self.at);
        let operand = match address::of_statement(url) {
            Some(expression) => Operand::Known(expression),
            None => Operand::File(super::slug(url)),
        };
        self.at += 1;
        operand
    }

    /// A word that adds nothing, passed over.
    fn pass_noise(&mut self) -> bool {
        let word = self.word();
        let choice = aliases().is_choice(word);
        let passed = choice || aliases().is_filler(word) || aliases().is_noise(word);
        self.is_choice |= choice;
        self.at += usize::from(passed);
        passed
    }

    /// Goes to the token of the word `end`; counts the parentheses on the way.
    fn pass_to(&mut self, end: usize) {
        while let Some(token) = self.peek() {
            match token {
                Token::Word(index) if index >= end => break,
                Token::Open => {
                    // One that opens after the name's last word is not the name's.
                    if !self.tokens.has_word_before(self.at, end) {
                        break;
                    }
                    self.open += 1;
                }
                Token::Close if self.open > 0 => self.open -= 1,
                Token::Word(_) => {}
                _ if !self.tokens.has_word_before(self.at, end) => break,
                _ => {}
            }
            self.at += 1;
        }
    }

    /// The licence named at the word, and the word after the name: the longest of an id, a name of the table, and a name
    /// by the grammar of the GNU licences and of Creative Commons.
    fn name(&self, index: usize) -> Option<(String, usize)> {
        let words = &self.tokens.words;
        let chunk = self.tokens.chunk(index);
        let id = || {
            let end = words.at_offset(words.offset(index) + chunk.len());
            Some((expression::listed(chunk).or_else(|| expression::canonical(chunk))?, end))
        };
        let grammar = || {
            let before = Words::new(self.tokens.before_separator(index));
            let name = names::at(&before, index)?;
            // One everyday word of the list's own titles (`NIST Software License`) is too little.
            if name.strength == Strength::Weak && (index + 1..name.end).all(|at| names::filler(words.get(at)))
            {
                return None;
            }
            let versioned = name.strength != Strength::Unversioned || words.get(name.end - 1) == "+";
            match name.expression.split_once('-') {
                Some((family, _)) if !versioned => Some((format!("LicenseRef-{family}"), name.end)),
                _ => Some((name.expression, name.end)),
            }
        };
        // The first of the longest.
        let found = [grammar(), self.alias(index), id()].into_iter().flatten().max_by_key(|(_, end)| *end)?;
        // `MIT-style`, `BSD-3-clause-PADL`: another name that begins like it.
        let whole = !self.tokens.is_glued(found.1) || self.is_suffix(found.1, &found.0);
        whole.then_some(found)
    }

    fn alias(&self, index: usize) -> Option<(String, usize)> {
        let words = &self.tokens.words;
        if aliases().is_filler(words.get(index)) {
            return None;
        }
        let limit = self.tokens.limit(index);
        let (mut key, mut found, mut count) = (String::new(), None, 0);
        for at in index..limit {
            let word = words.get(at);
            if aliases().is_filler(word) {
                continue;
            }
            if count == NAME_WORDS_MAX {
                break;
            }
            count += 1;
            if !key.is_empty() {
                key.push(' ');
            }
            key.push_str(word);
            if let Some(expression) = aliases().name(&key) {
                found = Some((expression.to_owned(), at + 1));
            }
        }
        found
    }

    /// Whether the word may hang on a name.
    fn is_suffix(&self, index: usize, license: &str) -> bool {
        let word = self.tokens.words.get(index);
        matches!(word, "or" | "and" | "licensed")
            || WITH.contains(&word)
            || aliases().is_filler(word)
            || self.exception_at(index, license).is_some()
    }

    /// What follows a name: an exception, `or later`, its abbreviation, its address, words that add nothing.
    fn suffixes(&mut self, mut expression: String, depth: usize) -> Option<String> {
        loop {
            self.pass_ends();
            match self.peek() {
                Some(Token::Open) => match self.group(depth)? {
                    Operand::Known(other) => expression = same(&expression, &other)?,
                    Operand::Empty | Operand::File(_) => {}
                    Operand::Unknown(_) => return None,
                },
                Some(Token::Url(..)) => {
                    if let Operand::Known(other) = self.url() {
                        expression = same(&expression, &other)?;
                    }
                }
                Some(Token::Word(index)) => {
                    let with = WITH.contains(&self.word());
                    let exception = self.exception_at(index + usize::from(with), &expression);
                    if let Some((id, end)) = exception {
                        expression = expression::canonical(&format!("{expression} WITH {id}"))?;
                        self.pass_to(end);
                    } else if with {
                        return None;
                    } else if let Some(end) = self.later_at(index) {
                        let Some(any) = later(&expression) else { return Some(expression) };
                        expression = any;
                        self.pass_to(end);
                    } else if let Some((other, end)) = self.name(index) {
                        let Some(one) = same(&expression, &other) else { return Some(expression) };
                        expression = one;
                        self.pass_to(end);
                    } else if matches!(self.word(), "or" | "and" | "plus")
                        || self.file(index).is_none() && !self.pass_noise()
                    {
                        return Some(expression);
                    }
                }
                _ => return Some(expression),
            }
        }
    }

    /// The exception named at the word, for a licence, and the word after it.
    fn exception_at(&self, index: usize, license: &str) -> Option<(String, usize)> {
        let words = &self.tokens.words;
        let chunk = self.tokens.chunk(index);
        if let Some(id) = expression::exception(chunk) {
            let end = words.at_offset(words.offset(index) + chunk.len());
            return Some((id.to_owned(), end + usize::from(words.get(end) == "exception")));
        }
        let mut key = String::new();
        for at in index..index + NAME_WORDS_MAX {
            match words.get(at) {
                "exception" | "exceptions" => {
                    let id = aliases().exception(&key, license)?;
                    return Some((id.to_owned(), self.after_version(at + 1, id)));
                }
                "" => return None,
                "gnu" | "data" | "a" => {}
                word if aliases().is_filler(word) => {}
                word => {
                    key.push_str(if key.is_empty() { "" } else { " " });
                    key.push_str(word);
                }
            }
        }
        None
    }

    /// The word after a version that the id has too: `Universal FOSS Exception, v1.0`.
    fn after_version(&self, start: usize, id: &str) -> usize {
        let words = &self.tokens.words;
        let at = (start..start + 3).find(|at| !aliases().is_filler(words.get(*at))).unwrap_or(start);
        let number = words.get(at);
        let told = number.starts_with(|c: char| c.is_ascii_digit()) && id.contains(&format!("-{number}"));
        if told { at + 1 } else { start }
    }

    /// Where `+` or `or any later version` ends, if one begins at the word.
    fn later_at(&self, index: usize) -> Option<usize> {
        let words = &self.tokens.words;
        if words.get(index) == "+" {
            return Some(index + 1);
        }
        if words.get(index) != "or" {
            return None;
        }
        for at in index + 1..index + 9 {
            match words.get(at) {
                "later" | "newer" | "higher" | "greater" | "above" => {
                    return Some(at + 1 + usize::from(matches!(words.get(at + 1), "version" | "versions")));
                }
                "any" | "at" | "your" | "option" | "version" | "a" => {}
                _ => return None,
            }
        }
        None
    }

    /// `file LICENSE`, as R writes it, or a file's name: `COPYING.txt`.
    fn file(&mut self, index: usize) -> Option<String> {
        let led = self.word() == "file" && self.is_file(index + 1, true);
        if !led && !self.is_file(index, false) {
            return None;
        }
        let at = index + usize::from(led);
        let file = self.tokens.chunk(at).to_owned();
        self.pass_to(self.tokens.words.at_offset(self.tokens.words.offset(at) + file.len()));
        Some(super::slug(&format!("file {file}")))
    }

    fn is_file(&self, index: usize, led: bool) -> bool {
        let chunk = self.tokens.chunk(index).to_ascii_lowercase();
        let known = ["licen", "copying", "readme", "notice"].iter().any(|stem| chunk.starts_with(stem));
        known && (led || chunk.contains('.') || chunk == "copying")
    }

    /// One word that is no name.
    fn unknown(&mut self, index: usize) -> Option<Operand> {
        let chunk = self.tokens.chunk(index);
        if chunk.is_empty() {
            return None;
        }
        let reference = super::slug(chunk);
        self.pass_to(self.tokens.words.at_offset(self.tokens.words.offset(index) + chunk.len()));
        Some(Operand::Unknown(reference))
    }
}
