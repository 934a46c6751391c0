//! Every diagnosis and every cause as data: ids, severities, what explains what; their texts are in one file per language.

pub mod cause;
pub mod diagnosis;
pub mod facts;
pub mod findings;
pub mod terms;
mod text;

pub use cause::{Actor, Cause};
pub use diagnosis::{Certainty, Diagnosis, Effect, Group, Severity};
pub use text::{Language, Texts, texts};
