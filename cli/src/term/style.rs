//! Colours. Streams that are no terminal drop them on their own.

use anstyle::{AnsiColor, Effects, Style};
use tcpdx_engine::Severity;

/// What stands out.
pub(crate) const BOLD: Style = Style::new().effects(Effects::BOLD);
/// What may be overlooked.
pub(crate) const DIM: Style = Style::new().effects(Effects::DIMMED);

/// The colour of a severity, as Wireshark's expert information has them.
pub(crate) fn severity_style(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default().effects(Effects::BOLD),
        Severity::Warn => AnsiColor::Yellow.on_default(),
        Severity::Note => AnsiColor::Cyan.on_default(),
        Severity::Chat => AnsiColor::Blue.on_default(),
    }
}

/// `text` in that style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
