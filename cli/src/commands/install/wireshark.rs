//! The Wireshark on this machine, as its own tshark describes it.

use super::layout::PLUGIN;
use crate::failure::Failure;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A Wireshark: its version and its folders.
pub(super) struct Wireshark {
    /// The command that answers.
    pub(super) tshark: PathBuf,
    /// The whole version, e.g. `4.0.17`.
    pub(super) version: String,
    folders: String,
}

/// A plugin that Wireshark loads.
pub(super) struct Loaded {
    /// Its version.
    pub(super) version: String,
    /// The file.
    pub(super) path: PathBuf,
}

/// Where programs of Wireshark may lie besides the folders of `PATH`.
const PLACES: &[&str] = &["/usr/bin", "/usr/local/bin", "/opt/wireshark/bin"];

/// Where Flatpak keeps Wireshark, system-wide and, below the home folder, for one user.
const FLATPAK: &str = "flatpak/app/org.wireshark.Wireshark";

/// The tsharks that were named, else every one on this machine, each once.
pub(super) fn tsharks(named: &[PathBuf]) -> Vec<PathBuf> {
    if !named.is_empty() {
        return named.to_vec();
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain(PLACES.iter().map(PathBuf::from));
    let mut found: Vec<(PathBuf, PathBuf)> = Vec::new();
    for tshark in folders.map(|folder| folder.join("tshark")).filter(|tshark| tshark.is_file()) {
        let Ok(itself) = tshark.canonicalize() else { continue };
        if found.iter().all(|(_, known)| *known != itself) {
            found.push((tshark, itself));
        }
    }
    if found.is_empty() {
        // The one that is missed, by the name that it is missed under.
        return vec![PathBuf::from("tshark")];
    }
    found.into_iter().map(|(tshark, _)| tshark).collect()
}

/// A sentence about Flatpak's Wireshark, where it is installed.
pub(super) fn flatpak() -> Option<String> {
    let home = std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
    let folders = [Some(PathBuf::from("/var/lib")), home];
    let folder = folders.into_iter().flatten().map(|folder| folder.join(FLATPAK)).find(|app| app.is_dir())?;
    Some(format!(
        "{}: Wireshark from Flatpak runs in a sandbox and loads no native plugins; install the one of your \
         distribution beside it (Debian: apt-get install wireshark)",
        folder.display()
    ))
}

impl Wireshark {
    /// Asks `tshark`.
    pub(super) fn ask(tshark: &Path) -> Result<Wireshark, Failure> {
        let mut wireshark =
            Wireshark { tshark: tshark.to_path_buf(), version: String::new(), folders: String::new() };
        wireshark.version = version(&wireshark.run(&["--version"])?.0).ok_or_else(|| {
            Failure::told(format!(
                "{}: does not tell its version; name Wireshark's tshark with --tshark",
                tshark.display()
            ))
        })?;
        wireshark.folders = wireshark.run(&["-G", "folders"])?.0;
        Ok(wireshark)
    }

    /// Version without the last number, as plugins are made for: `4.0`.
    pub(super) fn series(&self) -> String {
        self.version.split('.').take(2).collect::<Vec<_>>().join(".")
    }

    /// The folder that `tshark -G folders` lists under one of these names.
    pub(super) fn folder(&self, names: &[&str]) -> Result<PathBuf, Failure> {
        let listed = |name: &&str| {
            let mut lines = self.folders.lines().filter_map(|line| line.split_once(':'));
            lines.find(|(key, _)| key == name).map(|(_, path)| PathBuf::from(path.trim()))
        };
        names.iter().find_map(listed).ok_or_else(|| {
            Failure::told(format!(
                "{} -G folders lists no \"{}\"; is this a Wireshark of 4.0 or later, with plugins enabled?",
                self.tshark.display(),
                names.join("\" or \"")
            ))
        })
    }

    /// The plugin of ours that it loads, if any, and its complaints.
    pub(super) fn plugin(&self) -> Result<(Option<Loaded>, String), Failure> {
        let (plugins, complaints) = self.run(&["-G", "plugins"])?;
        let row = plugins.lines().find(|line| line.starts_with(PLUGIN));
        let loaded = row.map(|row| {
            let mut cells = row.split('\t');
            Loaded {
                version: cells.nth(1).unwrap_or_default().trim().to_string(),
                path: PathBuf::from(row.rsplit('\t').next().unwrap_or_default().trim()),
            }
        });
        Ok((loaded, complaints))
    }

    /// Whether it lists the interface of ours, and its complaints.
    pub(super) fn offers_captures(&self) -> Result<(bool, String), Failure> {
        let (interfaces, complaints) = self.run(&["-D"])?;
        let listed = |line: &str| line.split_whitespace().nth(1) == Some("tcpdx");
        Ok((interfaces.lines().any(listed), complaints))
    }

    /// Standard output and standard error of tshark with these arguments.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<(String, String), Failure> {
        let output =
            Command::new(&self.tshark).args(arguments).output().map_err(|error| self.missing(&error))?;
        let Output { stdout, stderr, .. } = output;
        Ok((String::from_utf8_lossy(&stdout).into_owned(), String::from_utf8_lossy(&stderr).into_owned()))
    }

    fn missing(&self, error: &io::Error) -> Failure {
        let name = self.tshark.display();
        Failure::told(match error.kind() {
            io::ErrorKind::NotFound => {
                format!(
                    "{name}: no such command; install Wireshark's tshark (Debian: apt-get install tshark) or name it with --tshark"
                )
            }
            _ => format!("{name}: cannot run it: {error}"),
        })
    }
}

/// The version in a line such as `TShark (Wireshark) 4.0.17 (Git v4.0.17 …).`
fn version(text: &str) -> Option<String> {
    let word = text.split_once("(Wireshark) ")?.1.split_whitespace().next()?;
    let word = word.trim_end_matches('.');
    word.starts_with(|c: char| c.is_ascii_digit()).then(|| word.to_string())
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn the_version_is_read_from_the_first_line() {
        let first = "TShark (Wireshark) 4.0.17 (Git v4.0.17 packaged as 4.0.17-0+deb12u3).\n";
        assert_eq!(version(first).as_deref(), Some("4.0.17"));
        assert_eq!(version("TShark (Wireshark) 4.6.9.\n").as_deref(), Some("4.6.9"));
        assert_eq!(version("something else"), None);
    }
}
