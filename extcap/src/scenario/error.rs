//! What is wrong with a scenario, and where.

use std::fmt;
use std::ops::Range;

/// A scenario that cannot be used: which file, which line, which key, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioError {
    file: String,
    line: Option<usize>,
    key: Option<String>,
    message: String,
}

impl ScenarioError {
    /// The file cannot be read at all.
    pub(crate) fn unreadable(file: &str, source: &std::io::Error) -> Self {
        ScenarioError { file: file.to_owned(), line: None, key: None, message: source.to_string() }
    }

    /// Something at a place of the text is wrong.
    pub(crate) fn at(file: &str, text: &str, span: Option<Range<usize>>, message: impl Into<String>) -> Self {
        let start = span.map(|span| span.start.min(text.len()));
        let line = start.map(|start| text[..start].matches('\n').count() + 1);
        let key = line.and_then(|line| key_of(text.lines().nth(line - 1)?));
        let message = message.into().trim().replace('\n', ", ");
        ScenarioError { file: file.to_owned(), line, key, message }
    }

    /// The same, said of one of the file's variants: its lines are those of the merged text, so none is named.
    pub(super) fn in_variant(mut self, variant: &str) -> Self {
        self.message = format!("variant `{variant}`: {}", self.message);
        self.line = None;
        self
    }
}

/// The key that a line sets, or the table that it opens.
fn key_of(line: &str) -> Option<String> {
    // An inline table's first key stands behind its brace.
    let line = line.trim().trim_start_matches('{').trim_start();
    if line.starts_with('[') {
        return Some(line.to_owned());
    }
    let (key, _) = line.split_once('=')?;
    Some(key.trim().to_owned())
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        if let Some(key) = &self.key {
            write!(f, ": {key}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl std::error::Error for ScenarioError {}
