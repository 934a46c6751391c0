//! Files put in place and taken away, or only said so.

use crate::failure::Failure;
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// Does, or with `dry_run` only tells, what happens to files.
pub(super) struct Files {
    pub(super) dry_run: bool,
}

impl Files {
    /// Copies a file, replacing an older one in one step, so that a Wireshark that has it loaded goes on.
    pub(super) fn copy(&self, from: &Path, to: &Path, mode: u32) -> Result<(), Failure> {
        self.tell(&format!("copy {} to {}", from.display(), to.display()))?;
        self.replace(to, |new| {
            fs::copy(from, new)?;
            fs::set_permissions(new, Permissions::from_mode(mode))
        })
    }

    /// Writes a text, unless it is there already.
    pub(super) fn write(&self, text: &str, to: &Path) -> Result<(), Failure> {
        if fs::read(to).is_ok_and(|there| there == text.as_bytes()) {
            return Ok(());
        }
        self.tell(&format!("write {}", to.display()))?;
        self.replace(to, |new| fs::write(new, text))
    }

    /// Makes a symbolic link, replacing what is there.
    pub(super) fn link(&self, target: &Path, link: &Path) -> Result<(), Failure> {
        self.tell(&format!("link {} to {}", link.display(), target.display()))?;
        self.replace(link, |new| symlink(target, new))
    }

    fn replace(&self, path: &Path, make: impl FnOnce(&Path) -> io::Result<()>) -> Result<(), Failure> {
        if self.dry_run {
            return Ok(());
        }
        let new = path.with_extension("new");
        let put = || {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            remove_if_there(&new)?;
            make(&new)?;
            fs::rename(&new, path)
        };
        put().map_err(|error| cannot("write", path, &error))
    }

    /// Removes a file or link. Returns whether there was one.
    pub(super) fn remove(&self, path: &Path) -> Result<bool, Failure> {
        if path.symlink_metadata().is_err() {
            return Ok(false);
        }
        self.tell(&format!("remove {}", path.display()))?;
        if !self.dry_run {
            fs::remove_file(path).map_err(|error| cannot("remove", path, &error))?;
        }
        Ok(true)
    }

    /// Removes a folder that has become empty.
    pub(super) fn remove_empty(&self, folder: &Path) {
        if !self.dry_run {
            // Not empty, or not there: either is fine.
            let _ = fs::remove_dir(folder);
        }
    }

    fn tell(&self, what: &str) -> Result<(), Failure> {
        let would = if self.dry_run { "would " } else { "" };
        Ok(writeln!(anstream::stdout(), "{would}{what}")?)
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn cannot(what: &str, path: &Path, error: &io::Error) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::PermissionDenied => "; run it as the owner of that folder, or as root for all users",
        _ => "",
    };
    Failure::told(format!("{}: cannot {what} it: {error}{hint}", path.display()))
}
