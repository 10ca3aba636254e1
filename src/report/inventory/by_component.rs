//! The inventory by component, as a table for spreadsheets: comma-separated values (RFC 4180).

use std::io::{self, Write};

use super::super::{Options, Reporter, words};
use crate::model::{Component, License, LicenseBasis, Reach, Report};

/// The comma-separated output.
#[derive(Debug)]
pub struct ByComponent;

const COLUMNS: &str =
    "purl,ecosystem,name,version,scope,direct,class,declared,detected,concluded,rule,places";

impl Reporter for ByComponent {
    fn name(&self) -> &'static str {
        "licenses-csv"
    }

    fn describe(&self) -> &'static str {
        "the licence inventory by component, for spreadsheets"
    }

    fn write(&self, report: &Report, _: &str, _: &Options, out: &mut dyn io::Write) -> io::Result<()> {
        let reach = Reach::new(&report.graph);
        write!(out, "{COLUMNS}\r\n")?;
        for (id, one) in report.graph.components_with_ids() {
            let direct = if reach.is_direct(id) { "direct" } else { "transitive" };
            let (concluded, rule) = match &one.concluded {
                Some(concluded) => (&*concluded.expression, concluded.rule.in_words()),
                None => ("NOASSERTION", "no licence was found"),
            };
            let fields = [
                one.purl.as_str(),
                one.ecosystem,
                &one.name,
                &one.version,
                words::of_scope(reach.scope(id)),
                direct,
                words::of_class(one.class),
                &of_basis(one, LicenseBasis::Declared),
                &of_basis(one, LicenseBasis::Detected),
                concluded,
                rule,
                &places(&one.licenses),
            ];
            for (at, field) in fields.into_iter().enumerate() {
                if at > 0 {
                    out.write_all(b",")?;
                }
                cell(field, out)?;
            }
            out.write_all(b"\r\n")?;
        }
        Ok(())
    }
}

fn of_basis(component: &Component, basis: LicenseBasis) -> String {
    joined(component.licenses.iter().filter(|one| one.basis == basis).map(|one| one.expression.to_string()))
}

fn places(licenses: &[License]) -> String {
    joined(licenses.iter().map(|one| one.location.to_string()))
}

/// Each once, in order.
fn joined(all: impl Iterator<Item = String>) -> String {
    let mut seen: Vec<String> = Vec::new();
    all.for_each(|one| {
        if !seen.contains(&one) {
            seen.push(one);
        }
    });
    seen.join("; ")
}

/// One field, quoted where it must be. Text that a spreadsheet would take for a formula is quoted by a leading `'`.
fn cell(text: &str, out: &mut dyn Write) -> io::Result<()> {
    let formula =
        text.starts_with(['=', '+', '-', '\t', '\r']) || text.starts_with('@') && text.contains('(');
    if !formula && !text.contains([',', '"', '\n', '\r']) {
        return out.write_all(text.as_bytes());
    }
    let guard = if formula { "'" } else { "" };
    write!(out, "\"{guard}{}\"", text.replace('"', "\"\""))
}
