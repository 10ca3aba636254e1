//! Checks `rules/licenses/aliases.toml` and packs it for `src/license/aliases.rs`.
//!
//! Written to `OUT_DIR`: `license_aliases.txt`, one row a line, fields between tabs, the first of them the row's kind:
//! `name`, `alone`, `whole`, `prose` (expression, keys…), `candidates` (reference, licences…), `exception` (id, licence, keys…), `address`
//! (beginning, expression), `pages` (beginnings…), `page` (segment, expression), `spelling` (word, words), and the word
//! lists `filler`, `everyday`, `noise`, `choice` (words…). A key is a name's words without fillers, joined by blanks.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::{fs, io};

use toml::{Table, Value};

use super::words::Words;

type Fault = Box<dyn Error>;

const FROM: &str = "rules/licenses/aliases.toml";
const TO: &str = "license_aliases.txt";

pub(crate) fn write(out: &Path) -> Result<(), Fault> {
    for path in [FROM, "build/aliases.rs"] {
        println!("cargo::rerun-if-changed={path}");
    }
    let table: Table = fs::read_to_string(FROM)?.parse()?;
    let mut packed = Packed { filler: texts(&table, "words", "filler"), ..Packed::default() };
    for list in ["filler", "everyday", "noise", "choice"] {
        packed.row(list, "", &texts(&table, "words", list))?;
    }
    for (wrong, right) in table.get("spelling").and_then(Value::as_table).into_iter().flatten() {
        packed.row("spelling", wrong, &[text(right)?.to_owned()])?;
    }
    rows(&table, "name").try_for_each(|row| packed.name(row))?;
    rows(&table, "family").try_for_each(|row| packed.family(row))?;
    for row in rows(&table, "exception") {
        let id = required(row, "id")?;
        if spdx::exception_id(id).is_none() {
            return fault(format!("{id} is no exception"));
        }
        let keys = list(row, "as").map(|name| packed.key(&name)).collect::<Vec<_>>();
        packed.row("exception", id, &[vec![required(row, "of")?.to_owned()], keys].concat())?;
    }
    for row in rows(&table, "address") {
        let expression = valid(required(row, "expression")?)?;
        list(row, "at").try_for_each(|at| packed.row("address", &at, &[expression.to_owned()]))?;
    }
    packed.row("pages", "", &texts(&table, "address-pages", "at"))?;
    for row in rows(&table, "address-name") {
        for (segment, expression) in row.get("names").and_then(Value::as_table).into_iter().flatten() {
            packed.row("page", segment, &[valid(text(expression)?)?.to_owned()])?;
        }
    }
    fs::write(out.join(TO), packed.text)?;
    Ok(())
}

#[derive(Default)]
struct Packed {
    text: String,
    filler: Vec<String>,
    /// What each key means, to find contradictions.
    meanings: BTreeMap<String, String>,
}

impl Packed {
    fn name(&mut self, row: &Table) -> Result<(), Fault> {
        let expression = valid(required(row, "expression")?)?;
        for kind in ["as", "alone", "whole"] {
            let keys = self.keys(list(row, kind), expression)?;
            self.row(if kind == "as" { "name" } else { kind }, expression, &keys)?;
        }
        let keys: Vec<String> = list(row, "prose").map(|name| self.key(&name)).collect();
        self.row("prose", expression, &keys)?;
        Ok(())
    }

    fn family(&mut self, row: &Table) -> Result<(), Fault> {
        let reference = valid(required(row, "ref")?)?;
        let names = || list(row, "as").chain(list(row, "alone"));
        let keys = self.keys(names(), reference)?;
        self.row("alone", reference, &keys)?;
        let candidates: Vec<String> = list(row, "candidates").collect();
        candidates.iter().try_for_each(|one| valid(one).map(drop))?;
        self.row("candidates", reference, &candidates)?;
        for (version, expression) in row.get("versions").and_then(Value::as_table).into_iter().flatten() {
            let expression = valid(text(expression)?)?;
            for (kind, names) in [("name", "as"), ("alone", "alone")] {
                let keys = self.keys(list(row, names).map(|name| format!("{name} {version}")), expression)?;
                self.row(kind, expression, &keys)?;
            }
        }
        Ok(())
    }

    /// The keys of names that mean `expression`, each once.
    fn keys(&mut self, names: impl Iterator<Item = String>, expression: &str) -> Result<Vec<String>, Fault> {
        let mut out = Vec::new();
        for name in names {
            let key = self.key(&name);
            if key.is_empty() {
                return fault(format!("{name:?} has no word that tells"));
            }
            match self.meanings.insert(key.clone(), expression.to_owned()) {
                Some(other) if other != expression => {
                    return fault(format!("{name:?} means {other} and {expression}"));
                }
                Some(_) => {}
                None => out.push(key),
            }
        }
        Ok(out)
    }

    fn key(&self, name: &str) -> String {
        let words = Words::new(name);
        let kept: Vec<&str> =
            words.iter().filter(|word| !self.filler.iter().any(|one| one == word)).collect();
        kept.join(" ")
    }

    /// One line; none where there is nothing to say.
    fn row(&mut self, kind: &str, head: &str, rest: &[String]) -> Result<(), Fault> {
        if rest.iter().chain([&head.to_owned()]).any(|field| field.contains(['\t', '\n'])) {
            return fault(format!("{kind} {head}: a tab or line end"));
        }
        if !rest.is_empty() {
            writeln!(self.text, "{kind}\t{head}\t{}", rest.join("\t"))?;
        }
        Ok(())
    }
}

/// The expression, if it is one, of ids as the list spells them.
fn valid(expression: &str) -> Result<&str, Fault> {
    match spdx::Expression::parse(expression) {
        Ok(_) => Ok(expression),
        Err(error) => fault(format!("{expression}: {error}")),
    }
}

fn rows<'t>(table: &'t Table, name: &str) -> impl Iterator<Item = &'t Table> {
    table.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_table)
}

fn list(row: &Table, name: &str) -> impl Iterator<Item = String> {
    let values = row.get(name).and_then(Value::as_array).into_iter().flatten();
    values.filter_map(Value::as_str).map(str::to_owned)
}

fn texts(table: &Table, section: &str, name: &str) -> Vec<String> {
    table.get(section).and_then(Value::as_table).into_iter().flat_map(|row| list(row, name)).collect()
}

fn required<'t>(row: &'t Table, name: &str) -> Result<&'t str, Fault> {
    if row.get("reason").is_none() {
        return fault(format!("a row without a reason: {row}"));
    }
    text(row.get(name).ok_or_else(|| format!("a row without {name}: {row}"))?)
}

fn text(value: &Value) -> Result<&str, Fault> {
    value.as_str().ok_or_else(|| format!("{value} is no text").into())
}

fn fault<T>(message: String) -> Result<T, Fault> {
    Err(io::Error::other(format!("{FROM}: {message}")).into())
}
