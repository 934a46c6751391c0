//! The profile "TCP diagnosis": a folder of its own among the user's profiles.
//!
//! Wireshark writes into a profile when something is changed while it is in use. So that nothing of the user's
//! is lost, what was installed is kept beside the library as well: a file that still is as it was
//! installed may be replaced or removed, and any other stays. A profile of that name of which nothing
//! is kept is the user's own.

use super::files::Files;
use crate::failure::Failure;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What the profile is called, which is also the name of its folder.
pub(super) const NAME: &str = "TCP diagnosis";

/// What Wireshark writes by itself as soon as the profile is used: sizes and positions.
const RECENT: &str = "recent";

macro_rules! files {
    ($($name:literal),+) => {
        &[$(($name, include_str!(concat!("../../../../plugin/profile/", $name)))),+]
    };
}

/// Its files and what is in them.
const FILES: &[(&str, &str)] = files!("preferences", "colorfilters", "dfilter_buttons", "recent");

/// Where the profile belongs.
pub(super) struct Profile {
    /// Its folder.
    pub(super) folder: PathBuf,
    /// Where what was installed is kept.
    pub(super) kept: PathBuf,
}

impl Profile {
    /// Writes what is missing, and what is still as it was installed before.
    pub(super) fn install(&self, files: &Files) -> Result<(), Failure> {
        if self.folder.exists() && !self.kept.exists() {
            return say(&format!(
                "{}: a profile of this name is there already and was not installed by tcpdx; it stays as it is",
                self.folder.display()
            ));
        }
        for (name, text) in FILES {
            let (target, kept) = (self.folder.join(name), self.kept.join(name));
            if target.exists() && self.is_changed(name) {
                if *name != RECENT {
                    say(&format!("{}: changed since it was installed; it stays as it is", target.display()))?;
                }
                continue;
            }
            files.write(text, &target)?;
            files.write(text, &kept)?;
        }
        Ok(())
    }

    /// Removes what is as it was installed. Returns whether there was anything.
    pub(super) fn uninstall(&self, files: &Files) -> Result<bool, Failure> {
        if !self.kept.exists() {
            return Ok(false);
        }
        for (name, _) in FILES {
            let target = self.folder.join(name);
            if *name != RECENT && target.exists() && self.is_changed(name) {
                say(&format!("{}: changed since it was installed; it stays", target.display()))?;
            } else {
                files.remove(&target)?;
            }
            files.remove(&self.kept.join(name))?;
        }
        for folder in [&self.kept, &self.folder] {
            files.remove_empty(folder);
        }
        Ok(true)
    }

    /// Whether all of it is there.
    pub(super) fn is_complete(&self) -> bool {
        FILES.iter().all(|(name, _)| self.folder.join(name).is_file())
    }

    fn is_changed(&self, name: &str) -> bool {
        let content = |folder: &Path| fs::read(folder.join(name)).ok();
        content(&self.folder) != content(&self.kept)
    }
}

fn say(what: &str) -> Result<(), Failure> {
    Ok(writeln!(anstream::stdout(), "{what}")?)
}
