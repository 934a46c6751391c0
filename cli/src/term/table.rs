//! Columns that fit what is in them.

use unicode_width::UnicodeWidthStr;

/// To which edge a column keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Columns with a heading each, and the widths that rows need so far.
pub(crate) struct Columns<const N: usize> {
    headings: [(&'static str, Align); N],
    widths: [usize; N],
}

impl<const N: usize> Columns<N> {
    /// Columns as wide as their headings.
    pub(crate) fn new(headings: [(&'static str, Align); N]) -> Columns<N> {
        Columns { headings, widths: headings.map(|(heading, _)| heading.width()) }
    }

    /// Makes room for a row.
    pub(crate) fn fit(&mut self, row: &[String; N]) {
        for (width, cell) in self.widths.iter_mut().zip(row) {
            *width = cell.width().max(*width);
        }
    }

    /// The line of headings.
    pub(crate) fn heading(&self) -> String {
        self.line(&self.headings.map(|(heading, _)| heading.to_string()))
    }

    /// A row as a line, without blanks at its end.
    pub(crate) fn line(&self, row: &[String; N]) -> String {
        let mut line = String::new();
        for ((cell, width), (_, align)) in row.iter().zip(self.widths).zip(self.headings) {
            let blanks = " ".repeat(width.saturating_sub(cell.width()));
            let (before, after) = if align == Align::Right { (&*blanks, "") } else { ("", &*blanks) };
            line.extend([before, cell, after, "  "]);
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::{Align, Columns};

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let mut columns = Columns::new([("name", Align::Left), ("n", Align::Right)]);
        let rows = [["状态机", "7"], ["a", "123"]].map(|row| row.map(String::from));
        rows.iter().for_each(|row| columns.fit(row));
        let lines = [columns.heading(), columns.line(&rows[0]), columns.line(&rows[1])];
        assert_eq!(lines, ["name      n", "状态机    7", "a       123"]);
    }
}
