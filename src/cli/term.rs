//! The terminal: whether to colour, messages on stderr, a progress line that only a terminal sees, and what others wrote.
#![expect(clippy::disallowed_methods, reason = "the command line knows the environment")]

use std::io::{self, IsTerminal, Write};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use super::args::{Global, When};

/// How to speak to whoever started the program.
#[derive(Debug)]
pub(super) struct Term {
    color: When,
    quiet: bool,
    progress: bool,
    last: Mutex<Option<Instant>>,
}

impl Term {
    pub(super) fn new(global: &Global) -> Self {
        let progress = !global.quiet && io::stderr().is_terminal();
        Self { color: global.color, quiet: global.quiet, progress, last: Mutex::new(None) }
    }

    /// Whether stdout should be coloured (<https://no-color.org>).
    pub(super) fn color_stdout(&self) -> bool {
        match self.color {
            When::Always => true,
            When::Never => false,
            When::Auto => {
                io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty())
            }
        }
    }

    /// A line of information on stderr.
    pub(super) fn say(&self, text: &str) {
        if !self.quiet {
            self.clear();
            let _ = writeln!(io::stderr(), "{text}");
        }
    }

    /// The one place where an error is printed.
    pub(super) fn error(&self, error: &anyhow::Error) {
        self.clear();
        let _ = writeln!(io::stderr(), "error: {error:#}");
    }

    /// Replaces the progress line, at most ten times a second.
    pub(super) fn progress(&self, text: &str) {
        let Ok(mut last) = self.last.lock() else { return };
        if self.progress && last.is_none_or(|at| at.elapsed() >= Duration::from_millis(100)) {
            *last = Some(Instant::now());
            let short: String = text.chars().filter(|c| !c.is_control()).take(78).collect();
            let _ = write!(io::stderr(), "\r\x1b[2K{short}");
        }
    }

    /// Removes the progress line.
    pub(super) fn clear(&self) {
        if self.last.lock().is_ok_and(|mut last| last.take().is_some()) {
            let _ = write!(io::stderr(), "\r\x1b[2K");
        }
    }
}

/// Control characters of a text that others wrote made visible.
pub(super) fn shown(text: &str) -> String {
    escaped(text, char::is_control)
}

/// The same, line ends kept.
pub(super) fn shown_lines(text: &str) -> String {
    escaped(text, |c| c.is_control() && c != '\n')
}

fn escaped(text: &str, is_meant: impl Fn(char) -> bool) -> String {
    text.chars().flat_map(|c| if is_meant(c) { c.escape_default().collect() } else { vec![c] }).collect()
}
