//! `tidewaiter scan`: reads the trees, judges them, writes every output, and turns the verdict into the exit code.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow, bail};

use super::Exit;
use super::args::{DbPlace, JudgingArgs, ScanArgs};
use super::settings;
use super::term::Term;
use super::vex;
use crate::advisory::{Snapshot, SnapshotError};
use crate::baseline::Baseline;
use crate::git::{self, Base};
use crate::model::{Partial, Purl, Report, Verdict, time};
use crate::policy::{Gate, Policy};
use crate::report::{self, Reporter};
use crate::scan::{self, Advisories, Frame, Inventory};
use crate::vex::Statement;

/// One `-o FORMAT[=FILE]`.
struct Output {
    reporter: &'static dyn Reporter,
    version: &'static str,
    file: Option<PathBuf>,
}

pub(super) fn run(args: &ScanArgs, term: &Term) -> anyhow::Result<Exit> {
    let outputs = outputs(&args.output)?;
    let roots: Vec<_> =
        args.paths.iter().map(|path| settings::root_of(path)).collect::<anyhow::Result<_>>()?;
    if roots.len() > 1 && outputs.iter().any(|output| output.file.is_some()) {
        bail!("-o FORMAT=FILE takes one PATH: several repositories would overwrite each other's file");
    }
    if roots.len() > 1 && args.baseline.is_some() {
        bail!("--baseline takes one PATH: every repository has its own");
    }
    let mut scanner = Scanner::new(&args.judging, term)?;
    scanner.baseline = args.baseline.as_deref().map(settings::baseline).transpose()?;
    scanner.since.clone_from(&args.since);
    scanner.license_texts = args.license_texts || outputs.iter().any(|output| output.reporter.wants_texts());
    let mut worst = Verdict::Pass;
    let mut roots = roots.into_iter();
    while let Some((root, only)) = roots.next() {
        let report = scanner.report(&root, only)?;
        let options = report::Options { license_texts: args.license_texts, ..Default::default() };
        write_all(&report, &outputs, &options, term)?;
        worst = worst.max(report.verdict);
        if roots.len() == 0 {
            // The process ends: freeing a large report piece by piece would take longer than writing it.
            std::mem::forget(report);
        }
    }
    Ok(Exit::of(worst, args.allow_incomplete))
}

/// Makes reports of trees, all by the same arguments; the snapshot is opened once.
pub(super) struct Scanner<'a> {
    args: &'a JudgingArgs,
    term: &'a Term,
    gate: Gate,
    policy: Policy,
    timestamp: Option<String>,
    baseline: Option<Baseline>,
    /// The revision whose findings do not count.
    since: Option<String>,
    /// Whether an output hands on licence texts.
    license_texts: bool,
    stated: Partial<Vec<Statement>>,
    vex_products: Vec<Purl>,
    /// The snapshot as it was found, before its age is asked.
    opened: Option<Snapshot>,
    /// Or why advisories are not checked.
    snapshot: Option<Result<Snapshot, String>>,
}

impl<'a> Scanner<'a> {
    pub(super) fn new(args: &'a JudgingArgs, term: &'a Term) -> anyhow::Result<Self> {
        let gate = Gate::new(&args.fail_on, args.only_fixed, &args.fail_scope, &args.fail_class)?;
        let policy = settings::policy(args.rules.as_deref())?;
        // A flag that means nothing is told before anything is read.
        settings::with_terms(policy.clone(), args)?;
        let stated = vex::statements(&args.vex)?;
        let vex_products = vex::products(&args.vex_product)?;
        let timestamp = settings::timestamp()?;
        let opened = opened(&args.db)?;
        Ok(Self {
            args,
            term,
            gate,
            policy,
            timestamp,
            baseline: None,
            since: None,
            license_texts: false,
            stated,
            vex_products,
            opened,
            snapshot: None,
        })
    }

    /// Reads a tree, or `only` one file of it, and judges it.
    pub(super) fn report(&mut self, root: &Path, only: Option<String>) -> anyhow::Result<Report> {
        let (args, term) = (self.args, self.term);
        let repository = settings::with_repository(self.policy.clone(), root);
        // The flags lie above the repository's own file.
        let policy = settings::with_terms(repository.value, args)?.with_gate(&self.gate);
        let mut options = settings::scan_options(&args.tree, &policy.settings().exclude)?;
        options.only = only;
        options.license_texts = self.license_texts;
        let since = self.since.as_deref();
        let base = since.map(|revision| base(root, revision, &options)).transpose()?;
        term.progress(&format!("reading {}", root.display()));
        let (mut inventory, before) = settings::on_pool(args.tree.jobs, || match &base {
            None => scan::inventory(root, &options).map(|inventory| (inventory, None)),
            Some(base) => scan::inventory_since(root, base, &options),
        })??;
        if let Some(trouble) = base.as_ref().and_then(Base::trouble) {
            bail!("{}", said(since.unwrap_or_default(), &trouble));
        }
        inventory.diagnostics.extend(repository.diagnostics);
        inventory.diagnostics.extend(self.stated.diagnostics.iter().cloned());
        let opened = self.snapshot.get_or_insert_with(|| {
            snapshot(args, self.opened.take(), &inventory, term).map_err(|reason| {
                term.say(&format!("advisories are not checked: {reason}"));
                without_place(&args.db, &reason)
            })
        });
        // Nothing is fetched for a tree without components; the next one may have some.
        let ask_again = opened.is_err() && inventory.graph.components.is_empty();
        let advisories = match opened {
            Ok(snapshot) => Advisories::Snapshot(snapshot),
            Err(reason) => Advisories::NotChecked(reason),
        };
        let frame = Frame {
            target: target_name(root),
            timestamp: self.timestamp.clone(),
            today: Some(time::date(settings::build_time())),
            exclude_dev: args.exclude_dev,
            baseline: self.baseline.clone(),
            vex: self.stated.value.clone(),
            vex_products: self.vex_products.clone(),
        };
        let report = settings::on_pool(args.tree.jobs, || match since {
            None => scan::judge(inventory, frame, &policy, advisories),
            Some(revision) => scan::judge_since(inventory, before, revision, frame, &policy, advisories),
        })?;
        term.clear();
        if ask_again {
            self.snapshot = None;
        }
        Ok(report)
    }
}

/// The files of a revision.
fn base(root: &Path, revision: &str, options: &scan::Options) -> anyhow::Result<Base> {
    Base::open(root, revision, options.limits.files_max).map_err(|error| anyhow!(said(revision, &error)))
}

/// Why a revision cannot be used. A repository's own texts may be in it, and are shown without control characters.
fn said(revision: &str, error: &git::Error) -> String {
    let text = error.to_string();
    let text = text.strip_prefix(&format!("{revision}: ")).unwrap_or(&text);
    format!("--since {revision}: {text}").replace(char::is_control, "\u{fffd}")
}

/// The snapshot that is there; `None` where there is none that this version reads. A day that cannot be had, and a snapshot
/// that is damaged, foreign or not signed as asked, is told before anything is read.
fn opened(place: &DbPlace) -> anyhow::Result<Option<Snapshot>> {
    let path = match settings::snapshot_path(place) {
        Ok(path) => path,
        Err(error) if place.db_as_of.is_some() => return Err(error),
        Err(_) => return Ok(None),
    };
    match settings::open_snapshot(&path, place) {
        Err(error) if is_absent(&error) => Ok(None),
        opened => opened.map(Some),
    }
}

/// Whether there is none, or one of another version.
fn is_absent(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(SnapshotError::Missing { .. } | SnapshotError::Format { .. }))
}

/// The snapshot, fetched first where there is none and the user allows it; else the reason why nothing is checked.
fn snapshot(
    args: &JudgingArgs,
    opened: Option<Snapshot>,
    inventory: &Inventory,
    term: &Term,
) -> Result<Snapshot, String> {
    let path = settings::snapshot_path(&args.db).map_err(|error| format!("{error:#}"))?;
    let open = || settings::open_snapshot(&path, &args.db);
    let snapshot = match opened.map_or_else(open, Ok) {
        Err(error) if is_absent(&error) && !args.tree.offline && !inventory.graph.components.is_empty() => {
            term.say("there is no advisory snapshot of this version yet: fetching one (--offline leaves it)");
            super::db::fetch_first(&args.db, term)
                .map_err(|error| format!("fetching a snapshot failed: {error:#}"))?;
            open()
        }
        opened => opened,
    };
    let snapshot = snapshot.map_err(|error| format!("{error:#}"))?;
    let age_days = settings::snapshot_age(&snapshot).unwrap_or(0) / 86_400;
    // Who names a day knows how old it is.
    if args.db.db_as_of.is_none() && args.max_db_age > 0 && age_days > args.max_db_age {
        return Err(format!(
            "the snapshot is {age_days} days old, more than --max-db-age {}: run `tidewaiter db update`",
            args.max_db_age
        ));
    }
    Ok(snapshot)
}

/// The reason as reports give it: where this machine keeps the snapshot is not the scanned tree's affair, and would make
/// the same scan differ from machine to machine.
fn without_place(place: &DbPlace, reason: &str) -> String {
    let Ok(dir) = settings::db_dir(place) else { return reason.to_owned() };
    let file = settings::snapshot_path(place).unwrap_or_default();
    reason
        .replace(&format!("{}: ", file.display()), "")
        .replace(&dir.display().to_string(), "the snapshot's directory")
}

/// The last component of the path, as the report names the tree.
fn target_name(root: &Path) -> String {
    let real = root.canonicalize().unwrap_or_else(|_| root.to_owned());
    real.file_name().map_or_else(|| "/".to_owned(), |name| name.to_string_lossy().into_owned())
}

fn outputs(specs: &[String]) -> anyhow::Result<Vec<Output>> {
    let table = ["table".to_owned()];
    let specs = if specs.is_empty() { &table[..] } else { specs };
    let mut outputs = Vec::new();
    for spec in specs {
        let (format, file) = match spec.split_once('=') {
            Some((format, file)) => (format, Some(PathBuf::from(file))),
            None => (spec.as_str(), None),
        };
        let (reporter, version) =
            report::find(format).map_err(|error| anyhow::anyhow!("{error}: {}", error.help()))?;
        outputs.push(Output { reporter, version, file });
    }
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        bail!("only one output can go to stdout: give the others a file, as in -o sarif=report.sarif");
    }
    Ok(outputs)
}

fn write_all(
    report: &Report,
    outputs: &[Output],
    options: &report::Options,
    term: &Term,
) -> anyhow::Result<()> {
    for output in outputs {
        match &output.file {
            None => {
                let options = report::Options { color: term.color_stdout(), ..options.clone() };
                let mut out = BufWriter::new(io::stdout().lock());
                output
                    .reporter
                    .write(report, output.version, &options, &mut out)
                    .and_then(|()| out.flush())
                    .context("cannot write to stdout")?;
            }
            Some(path) => {
                write_file(report, output, options, path)
                    .with_context(|| format!("{}: cannot be written", path.display()))?;
            }
        }
    }
    Ok(())
}

fn write_file(
    report: &Report,
    output: &Output,
    options: &report::Options,
    path: &Path,
) -> anyhow::Result<()> {
    replace_file(path, &mut |out| output.reporter.write(report, output.version, options, out))
}

/// Writes beside the target and renames, so that a full disk leaves no half file.
pub(super) fn replace_file(
    path: &Path,
    write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>,
) -> anyhow::Result<()> {
    let is_special = fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
    if is_special {
        let mut out = BufWriter::new(fs::OpenOptions::new().write(true).open(path)?);
        write(&mut out)?;
        out.flush()?;
        return Ok(());
    }
    let dir = path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(".tidewaiter-");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o644));
    }
    let mut file = builder.tempfile_in(dir)?;
    let mut out = BufWriter::new(file.as_file_mut());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    file.persist(path)?;
    Ok(())
}
