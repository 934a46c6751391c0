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

/// A time span of nanoseconds with the unit in which it is easy to read.
pub(crate) fn duration(nanoseconds: i64) -> String {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let (seconds, size) = (nanoseconds.unsigned_abs() as f64 / 1e9, nanoseconds.unsigned_abs());
    let number = match size {
        0..1_000_000 => format!("{:.0} µs", seconds * 1e6),
        1_000_000..1_000_000_000 => format!("{} ms", three_digits(seconds * 1e3)),
        1_000_000_000..100_000_000_000 => format!("{} s", three_digits(seconds)),
        _ => {
            let whole = size / 1_000_000_000;
            match whole / 60 {
                minutes @ 0..60 => format!("{minutes} min {} s", whole % 60),
                minutes => format!("{} h {} min", minutes / 60, minutes % 60),
            }
        }
    };
    format!("{sign}{number}")
}

fn three_digits(number: f64) -> String {
    match number {
        ..10.0 => format!("{number:.2}"),
        ..100.0 => format!("{number:.1}"),
        _ => format!("{number:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{bullet, count, duration, wrap};

    #[test]
    fn durations_have_three_digits_and_a_unit() {
        let told = [0, 999, 45_600, 999_000, 20_143_000, 245_100_000, 1_204_000_000, 63_000_000_000];
        let told = told.map(duration);
        assert_eq!(told, ["0 µs", "1 µs", "46 µs", "999 µs", "20.1 ms", "245 ms", "1.20 s", "63.0 s"]);
        assert_eq!(duration(131_000_000_000), "2 min 11 s");
        assert_eq!(duration(7_384_000_000_000), "2 h 3 min");
        assert_eq!(duration(-20_143_000), "-20.1 ms");
        assert_eq!(duration(i64::MIN), "-2562047 h 47 min");
    }

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
