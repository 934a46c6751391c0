//! Output for people: widths, wrapped text, numbers with units.

pub(crate) mod style;
pub(crate) mod table;

use std::io::IsTerminal;
use textwrap::Options;

/// Columns to fill: those of the terminal, and without one as many as are easy to read.
pub(crate) fn width() -> usize {
    const READABLE: usize = 100;
    const LEAST: usize = 40;
    if !std::io::stdout().is_terminal() {
        return READABLE;
    }
    terminal_size::terminal_size().map_or(READABLE, |(width, _)| usize::from(width.0)).max(LEAST)
}

/// Paragraph with every line behind `indent`, ended by a newline.
pub(crate) fn wrap(text: &str, indent: &str, width: usize) -> String {
    filled(text, Options::new(width).initial_indent(indent).subsequent_indent(indent))
}

/// List item with a dash that stands at column `indent`, ended by a newline.
pub(crate) fn bullet(text: &str, indent: usize, width: usize) -> String {
    let (dash, space) = (format!("{:indent$}- ", ""), format!("{:indent$}  ", ""));
    filled(text, Options::new(width).initial_indent(&dash).subsequent_indent(&space))
}

fn filled(text: &str, options: Options<'_>) -> String {
    let mut filled = textwrap::fill(text, options);
    filled.push('\n');
    filled
}

/// `1 packet`, `2 packets`.
pub(crate) fn count(number: impl Into<u64>, what: &str) -> String {
    match number.into() {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::{bullet, count, wrap};

    #[test]
    fn text_is_wrapped_behind_its_indent() {
        assert_eq!(wrap("one two three", "  ", 9), "  one two\n  three\n");
        assert_eq!(bullet("one two three", 2, 11), "  - one two\n    three\n");
        assert_eq!(wrap("半连接队列已满", "", 8), "半连接队\n列已满\n");
    }

    #[test]
    fn one_is_one() {
        assert_eq!((count(1u32, "packet"), count(0u32, "packet")), ("1 packet".into(), "0 packets".into()));
    }
}
