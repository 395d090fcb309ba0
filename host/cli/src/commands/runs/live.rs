//! What happens in a run, told while it happens.

use std::sync::Mutex;

use metier_agent::{
    driver::Watch,
    journal::{Entry, Event, Seq},
    models::Delta,
};
use metier_store::types::RunId;

use super::timeline::line;
use crate::printer::Printer;

/// Tells whoever watches the terminal.
pub struct Live {
    printer: Printer,
    /// Whether the terminal stands in the middle of a model's words.
    is_mid_line: Mutex<bool>,
}

impl Live {
    pub fn new(printer: Printer) -> Live {
        Live {
            printer,
            is_mid_line: Mutex::new(false),
        }
    }

    fn end_words(&self) {
        if let Ok(mut is_mid_line) = self.is_mid_line.lock()
            && std::mem::take(&mut *is_mid_line)
        {
            self.printer.stream("\n");
        }
    }
}

impl Watch for Live {
    fn event(&self, _: RunId, seq: Seq, entry: &Entry) {
        self.end_words();
        let is_told = !matches!(
            entry.event,
            Event::Started(_) | Event::Opened { .. } | Event::Ended(_)
        );
        if is_told && let Some(line) = line(seq, entry) {
            self.printer.note(&line);
        }
    }

    fn delta(&self, _: RunId, _: Seq, delta: Delta) {
        match delta {
            Delta::Text { text } => {
                self.printer.stream(&crate::text::lines(&text));
                if let Ok(mut is_mid_line) = self.is_mid_line.lock() {
                    *is_mid_line = true;
                }
            }
            Delta::Retrying {
                candidate,
                why,
                wait_ms,
            } => {
                self.end_words();
                let why = crate::text::one_line(&why);
                let again = match wait_ms {
                    0 => String::new(),
                    wait => format!(" It is asked again in {wait} ms."),
                };
                self.printer
                    .note(&format!("        {candidate}: {why}{again}"));
            }
            Delta::Begun { .. } | Delta::Reasoning { .. } | Delta::ToolCallBegun { .. } => {}
        }
    }
}
