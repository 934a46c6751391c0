//! Another Wireshark than the machine's: that of a tree which `scripts/trees.sh` made.
//!
//! `TCPDX_TREE` names the folder of the tree. Programs then run in it, and see the project and `/tmp` at
//! their own places; without it they are the machine's.

use crate::built::root;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

fn tree() -> Option<OsString> {
    std::env::var_os("TCPDX_TREE").filter(|tree| !tree.is_empty())
}

/// A program of the Wireshark that is tested, or a tool to build for it.
#[must_use]
pub fn command(program: &str) -> Command {
    let Some(tree) = tree() else { return Command::new(program) };
    let mut command = Command::new(root().join("scripts/in-tree.sh"));
    command.arg(tree).arg(program);
    command
}

/// The same as another user, and the group of the same number.
#[must_use]
pub fn command_as(user: u32, program: &str) -> Command {
    let mut command = command(program);
    if tree().is_some() {
        // Only root can enter a tree, so that the user is changed inside.
        command.env("TCPDX_USER", user.to_string());
    } else {
        command.uid(user).gid(user);
    }
    command
}
