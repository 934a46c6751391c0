//! Another Wireshark than the machine's: that of a tree which `scripts/trees.sh` made.
//!
//! `TCPDX_TREE` names the folder of the tree. Programs then run in it, and see the project and `/tmp` at
//! their own places; without it they are the machine's.

use crate::built::root;
use std::process::Command;

/// A tool to build for the Wireshark that is tested.
#[must_use]
pub fn command(program: &str) -> Command {
    let tree = std::env::var_os("TCPDX_TREE").filter(|tree| !tree.is_empty());
    let Some(tree) = tree else { return Command::new(program) };
    let mut command = Command::new(root().join("scripts/in-tree.sh"));
    command.arg(tree).arg(program);
    command
}
