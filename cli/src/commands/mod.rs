//! One file or folder per command.

pub(crate) mod analyze;
pub(crate) mod explain;
pub(crate) mod generate;
pub(crate) mod install;
pub(crate) mod pages;
pub(crate) mod reveal;
pub(crate) mod scenarios;
mod suggest;
