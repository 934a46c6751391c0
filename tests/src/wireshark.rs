//! A private installation of Wireshark's personal folders, and the real tshark on it.
//!
//! Nothing of the system is touched: the plugin lies under a home folder of its own, and what is
//! installed for everyone (this plugin perhaps, of another age) is left out, as `scripts/in-home.sh`
//! has it. For root, programs run there as "nobody", who need not be able to read the project: captures
//! are copied into that home.

use crate::built::{built, root};
use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;

/// A home folder in which Wireshark finds its plugins.
#[derive(Debug)]
pub struct Wireshark {
    home: TempDir,
}

impl Wireshark {
    /// Wireshark without any plugin.
    ///
    /// # Errors
    /// When the home folder cannot be made.
    pub fn plain() -> io::Result<Wireshark> {
        let wireshark = Wireshark { home: TempDir::with_prefix("tcpdx-home-")? };
        // Before there are files in it that come and go: the first command may give the folder to another user.
        wireshark.command("true").status()?;
        Ok(wireshark)
    }

    /// Wireshark with the plugin in the personal folder.
    ///
    /// # Errors
    /// When the files cannot be put there.
    pub fn with_plugin() -> io::Result<Wireshark> {
        let wireshark = Wireshark::plain()?;
        let built = built();
        let lib = wireshark.home.path().join(".local/lib");
        install(&built.plugin, &lib.join(format!("wireshark/plugins/{}/epan", built.series)))?;
        install(&built.library, &lib.join("tcpdx"))?;
        Ok(wireshark)
    }

    /// Wireshark with the plugin and with its profile.
    ///
    /// # Errors
    /// When the files cannot be put there.
    pub fn with_profile() -> io::Result<Wireshark> {
        let wireshark = Wireshark::with_plugin()?;
        let folder = wireshark.home.path().join(".config/wireshark/profiles/TCP diagnosis");
        for file in fs::read_dir(root().join("plugin/profile"))? {
            install(&file?.path(), &folder)?;
        }
        Ok(wireshark)
    }

    /// A program of Wireshark's, in this home.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(root().join("scripts/in-home.sh"));
        command.arg(self.home.path()).arg(program);
        command
    }

    /// Runs tshark on a capture.
    ///
    /// # Errors
    /// When it cannot be run or fails; then with what it wrote to stderr.
    pub fn tshark(&self, capture: &Path, arguments: &[&str]) -> io::Result<String> {
        let copy = self.copy(capture)?;
        let output = self.command("tshark").arg("-n").arg("-r").arg(copy.path()).args(arguments).output()?;
        checked(&output)
    }

    /// What tshark writes to stderr when it reads a capture.
    ///
    /// # Errors
    /// When it cannot be run.
    pub fn complaints(&self, capture: &Path, arguments: &[&str]) -> io::Result<String> {
        let copy = self.copy(capture)?;
        let output = self.command("tshark").arg("-n").arg("-r").arg(copy.path()).args(arguments).output()?;
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    /// Runs `tshark -G` with a report's name.
    ///
    /// # Errors
    /// When it cannot be run or fails; then with what it wrote to stderr.
    pub fn report(&self, name: &str) -> io::Result<String> {
        checked(&self.command("tshark").args(["-G", name]).output()?)
    }

    /// A copy of a capture that the user of this home can read, gone when dropped.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn copy(&self, capture: &Path) -> io::Result<tempfile::NamedTempFile> {
        let copy = tempfile::NamedTempFile::new_in(self.home.path())?;
        fs::copy(capture, copy.path())?;
        fs::set_permissions(copy.path(), fs::Permissions::from_mode(0o644))?;
        Ok(copy)
    }
}

fn install(file: &Path, folder: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let name = file.file_name().unwrap_or_default();
    let target = folder.join(name);
    fs::copy(file, &target)?;
    fs::set_permissions(&target, fs::Permissions::from_mode(0o755))?;
    Ok(target)
}

fn checked(output: &Output) -> io::Result<String> {
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
