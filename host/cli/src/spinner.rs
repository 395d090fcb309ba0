//! Shows that something is going on, with the words of whoever does it.
//!
//! Nothing is drawn before [`Spinner::start`], which the caller times; only on a terminal; and nothing stays behind.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressStyle};
use metier_core::LogLevel;
use metier_runtime::{audit::Observer, capabilities::log::LogLine};

use crate::{
    printer::{Printer, Volume},
    text,
};

/// How long a call may take before anything is drawn: shorter waits need no explanation.
pub const PATIENCE: Duration = Duration::from_millis(300);

/// Time between two pictures.
const TICK: Duration = Duration::from_millis(80);

/// A spinner on standard error.
pub struct Spinner {
    printer: Printer,
    state: Mutex<State>,
}

struct State {
    bar: Option<ProgressBar>,
    message: String,
}

impl Spinner {
    /// Not drawn yet; `message` is what it says until the skill says something.
    pub fn new(printer: Printer, message: String) -> Spinner {
        Spinner {
            printer,
            state: Mutex::new(State { bar: None, message }),
        }
    }

    /// Draws it from now on, where somebody can see it.
    pub fn start(&self) {
        let visible = self.printer.terminal.stderr.animate && self.printer.volume >= Volume::Normal;
        if !visible {
            return;
        }
        let mut state = self.state();
        let bar = ProgressBar::new_spinner().with_style(style());
        bar.set_message(state.message.clone());
        bar.enable_steady_tick(TICK);
        state.bar = Some(bar);
    }

    /// Takes it away.
    pub fn stop(&self) {
        if let Some(bar) = self.state().bar.take() {
            bar.finish_and_clear();
        }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn style() -> ProgressStyle {
    // The template is a constant that a test draws; the default is only a fallback.
    ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}")
        .unwrap_or_else(|_| ProgressStyle::default_spinner())
}

/// `uploading 40 %`
fn words(message: &str, fraction: Option<f64>) -> String {
    let message = text::one_line(message);
    match fraction.filter(|fraction| fraction.is_finite()) {
        Some(fraction) => format!("{message} {:.0} %", fraction.clamp(0.0, 1.0) * 100.0),
        None => message,
    }
}

impl Observer for Spinner {
    fn progress(&self, message: &str, fraction: Option<f64>) {
        let words = words(message, fraction);
        let mut state = self.state();
        if let Some(bar) = &state.bar {
            bar.set_message(words.clone());
        }
        state.message = words;
    }

    fn log(&self, line: &LogLine) {
        let least = match self.printer.volume {
            Volume::Verbose => LogLevel::Trace,
            _ => LogLevel::Info,
        };
        if line.level < least {
            return;
        }
        let paint = self.printer.terminal.stderr.paint();
        let context = text::one_line(&line.context);
        let context = if context.is_empty() {
            context
        } else {
            format!("{context}: ")
        };
        let label = paint.faint(&format!("{}:", line.level));
        let shown = format!("{label} {context}{}", text::one_line(&line.message));
        match &self.state().bar {
            Some(bar) => bar.suspend(|| self.printer.note(&shown)),
            None => self.printer.note(&shown),
        }
    }
}

#[cfg(test)]
mod tests {
    use indicatif::ProgressStyle;

    use super::words;

    #[test]
    fn the_skills_words_are_cleaned_and_its_fraction_bounded() {
        assert_eq!(words("page 3\u{1b}[2J\n", Some(0.4)), "page 3  40 %");
        assert_eq!(words("x", Some(7.0)), "x 100 %");
        assert_eq!(words("x", Some(f64::NAN)), "x");
        assert!(ProgressStyle::with_template("{spinner} {wide_msg} {elapsed}").is_ok());
    }
}
