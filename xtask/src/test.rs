//! `cargo xtask test`: everything, with a summary at the end.

use crate::tally::Tally;
use crate::toolbox::Toolbox;
use crate::{Result, fuzz, interop, python, rust};

/// The results of all parts, in the order they ran.
#[derive(Default)]
pub(crate) struct Report {
    parts: Vec<(String, Tally)>,
    notes: Vec<String>,
}

impl Report {
    /// Adds a part's result.
    pub(crate) fn add(&mut self, part: impl Into<String>, tally: Tally) {
        self.parts.push((part.into(), tally));
    }

    /// Adds something that the developer should know, such as a part that could not run.
    pub(crate) fn note(&mut self, note: impl Into<String>) {
        let note = note.into();
        eprintln!("note: {note}");
        self.notes.push(note);
    }

    /// Prints the summary. The last line has the form that tools read.
    pub(crate) fn close(self) -> Result<()> {
        let width = self.parts.iter().map(|(part, _)| part.chars().count()).max().unwrap_or(0);
        let mut total = Tally::default();
        println!("\nSummary");
        for (part, tally) in &self.parts {
            println!("  {part:width$}  {tally}");
            total += *tally;
        }
        for note in &self.notes {
            println!("  note: {note}");
        }
        println!("\n{total}");
        if total.failed > 0 { Err("some tests failed".into()) } else { Ok(()) }
    }
}

/// Runs every part, also after one that failed.
pub(crate) fn run() -> Result<()> {
    let mut report = Report::default();
    let toolbox = Toolbox::set_up()?;
    for missing in toolbox.missing() {
        report.note(missing);
    }
    for part in [rust::run, python::run, interop::run, fuzz::run] {
        run_part(part, &toolbox, &mut report);
    }
    report.close()
}

/// Runs one part.
pub(crate) fn run_only(part: Part) -> Result<()> {
    let mut report = Report::default();
    run_part(part, &Toolbox::set_up()?, &mut report);
    report.close()
}

/// A part of the tests. An error is a part that could not do its work.
type Part = fn(&Toolbox, &mut Report) -> Result<()>;

fn run_part(part: Part, toolbox: &Toolbox, report: &mut Report) {
    if let Err(error) = part(toolbox, report) {
        report.add(format!("could not run: {error}"), Tally::one(false));
    }
}
