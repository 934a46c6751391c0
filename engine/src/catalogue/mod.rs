//! Every diagnosis as data: its id, severity and group; its texts are in one file per language.

pub mod diagnosis;
pub mod findings;
pub mod terms;
mod text;

pub use diagnosis::{Certainty, Diagnosis, Effect, Group, Severity};
pub use text::{Language, Texts, texts};
