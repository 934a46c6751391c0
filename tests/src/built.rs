//! What the tests drive, built as users get it.

use crate::tree;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

/// The root of the project.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("/")).to_path_buf()
}

/// The programs and libraries of the project.
#[derive(Debug)]
pub struct Built {
    /// `libtcpdx.so`.
    pub library: PathBuf,
    /// The command `tcpdx`.
    pub command: PathBuf,
    /// The Wireshark plugin `tcpdx.so`.
    pub plugin: PathBuf,
    /// The Wireshark that the plugin is for: `4.0`.
    pub series: String,
}

/// Builds everything once, in the profile of the tests themselves.
///
/// # Panics
/// When something does not build; its messages are on stderr.
#[must_use]
pub fn built() -> &'static Built {
    static BUILT: LazyLock<Built> = LazyLock::new(build);
    &BUILT
}

fn build() -> Built {
    let (profile, arguments): (_, &[&str]) =
        if cfg!(debug_assertions) { ("debug", &[]) } else { ("release", &["--release"]) };
    run(Command::new(env!("CARGO"))
        .current_dir(root())
        .args(["build", "--quiet", "--package", "tcpdx-plugin", "--package", "tcpdx"])
        .args(arguments));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let target = target.join(profile);
    let folder = |name| format!("{name}={}", target.display());
    // Tests may run in several processes at once: one of them makes the plugin, the others wait.
    run(tree::command("flock")
        .arg(target.join("shim.lock"))
        .args(["make", "--silent", &folder("OUT"), &folder("LIB")])
        .current_dir(root().join("plugin/shim")));
    let series = series();
    Built {
        library: target.join("libtcpdx.so"),
        command: target.join("tcpdx"),
        plugin: target.join(format!("wireshark-{series}/tcpdx.so")),
        series,
    }
}

/// `X.Y` of the Wireshark X.Y.Z that is tested.
fn series() -> String {
    let version = run(tree::command("pkg-config").args(["--modversion", "wireshark"]));
    let mut parts = version.trim().split('.');
    [parts.next().unwrap_or_default(), parts.next().unwrap_or_default()].join(".")
}

/// Runs a program that must succeed; gives what it wrote to stdout.
fn run(command: &mut Command) -> String {
    let output = command.output().expect("a tool of the build is not installed");
    assert!(
        output.status.success(),
        "{command:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}
