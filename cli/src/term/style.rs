//! Colours, where standard output shows them: to print them and take them off again costs more than all the rest.

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Effects, Style};
use std::io;
use std::sync::LazyLock;
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

/// Whether standard output is a terminal that shows colours, or was told to.
static COLOURED: LazyLock<bool> = LazyLock::new(|| AutoStream::choice(&io::stdout()) != ColorChoice::Never);

/// `text` in that style.
pub(crate) fn paint(style: Style, text: &str) -> String {
    if *COLOURED { format!("{style}{text}{style:#}") } else { text.to_owned() }
}
