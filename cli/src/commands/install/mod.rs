//! `tcpdx install` and `tcpdx uninstall`: the Wireshark plugin and the teaching captures.

mod files;
mod layout;
mod wireshark;

use crate::args::{Install, Target, Uninstall};
use crate::failure::{Failure, Status};
use files::Files;
use layout::{EXTCAP, LIBRARY, Layout, PLUGIN};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use wireshark::Wireshark;

/// Copies the parts to where this machine's Wireshark looks, and asks it whether it has found them.
pub(crate) fn install(args: &Install) -> Result<Status, Failure> {
    let (wireshark, layout, files) = prepare(&args.target)?;
    let parts = Parts::find(args.from.as_deref(), &wireshark)?;
    files.copy(&parts.library, &layout.library, 0o644)?;
    files.copy(&parts.plugin, &layout.plugin, 0o644)?;
    files.copy(&parts.extcap, &layout.extcap, 0o755)?;
    if let Some(link) = &layout.extcap_link {
        files.link(&layout.extcap, link)?;
    }
    if !args.target.dry_run {
        verify(&wireshark, &layout)?;
        let found = format!(
            "Wireshark {} has loaded the plugin tcpdx and offers the interface tcpdx",
            wireshark.version
        );
        writeln!(anstream::stdout(), "{found}")?;
    }
    Ok(Status::Done)
}

/// Removes the parts, whatever version of Wireshark they were made for.
pub(crate) fn uninstall(args: &Uninstall) -> Result<Status, Failure> {
    let (_, layout, files) = prepare(&args.target)?;
    let mut removed = false;
    let versions = fs::read_dir(&layout.plugins).into_iter().flatten().flatten();
    let mut plugins: Vec<PathBuf> =
        versions.map(|version| version.path().join("epan").join(PLUGIN)).collect();
    plugins.sort();
    for path in plugins.iter().chain([&layout.library, &layout.extcap]).chain(&layout.extcap_link) {
        if files.remove(path)? {
            removed = true;
            // Those that Wireshark brought along are not empty.
            path.ancestors().skip(1).take(2).for_each(|folder| files.remove_empty(folder));
        }
    }
    if !removed {
        writeln!(anstream::stdout(), "nothing was installed")?;
    }
    Ok(Status::Done)
}

fn prepare(target: &Target) -> Result<(Wireshark, Layout, Files), Failure> {
    let wireshark = Wireshark::ask(&target.tshark)?;
    let layout = Layout::of(&wireshark, rustix::process::geteuid().is_root())?;
    Ok((wireshark, layout, Files { dry_run: target.dry_run }))
}

/// What was built.
struct Parts {
    library: PathBuf,
    plugin: PathBuf,
    extcap: PathBuf,
}

impl Parts {
    /// In the given folder, else beside this command.
    fn find(from: Option<&Path>, wireshark: &Wireshark) -> Result<Parts, Failure> {
        let folder = match from {
            Some(folder) => folder.to_path_buf(),
            None => std::env::current_exe()
                .and_then(|command| command.canonicalize())
                .ok()
                .and_then(|command| command.parent().map(Path::to_path_buf))
                .ok_or_else(|| {
                    Failure::told("cannot tell where this command lies; name the folder with --from")
                })?,
        };
        let part = |name: &str| {
            let path = folder.join(name);
            let missing = "not there; build it first (make), or name its folder with --from";
            if path.is_file() {
                Ok(path)
            } else {
                Err(Failure::told(format!("{}: {missing}", path.display())))
            }
        };
        let plugin = folder.join(format!("wireshark-{}", wireshark.series())).join(PLUGIN);
        if !plugin.is_file() {
            return Err(Failure::told(format!(
                "{}: not there; the plugin was not built for Wireshark {}{}; build it with that version's headers (make), or name its folder with --from",
                plugin.display(),
                wireshark.version,
                built_for(&folder)
            )));
        }
        let library = part(LIBRARY)?;
        let extcap = part(EXTCAP)?;
        Ok(Parts { library, plugin, extcap })
    }
}

/// ` (only for 4.4, 4.6)`, or nothing.
fn built_for(folder: &Path) -> String {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut versions: Vec<String> = entries
        .filter(|entry| entry.path().join(PLUGIN).is_file())
        .filter_map(|entry| entry.file_name().to_str()?.strip_prefix("wireshark-").map(String::from))
        .collect();
    versions.sort();
    if versions.is_empty() { String::new() } else { format!(" (only for {})", versions.join(", ")) }
}

/// Whether Wireshark loads what was put there.
fn verify(wireshark: &Wireshark, layout: &Layout) -> Result<(), Failure> {
    let (plugins, complaints) = wireshark.run(&["-G", "plugins"])?;
    let row = plugins.lines().find(|line| line.starts_with(PLUGIN)).ok_or_else(|| {
        Failure::told(format!(
            "{}: installed, but Wireshark {} does not load it{}",
            layout.plugin.display(),
            wireshark.version,
            said(&complaints)
        ))
    })?;
    let loaded = Path::new(row.rsplit('\t').next().unwrap_or_default().trim());
    if loaded.canonicalize().ok() != layout.plugin.canonicalize().ok() {
        return Err(Failure::told(format!(
            "{}: installed, but Wireshark loads {}; remove that one first (tcpdx uninstall as its owner)",
            layout.plugin.display(),
            loaded.display()
        )));
    }
    let (interfaces, complaints) = wireshark.run(&["-D"])?;
    let listed = |line: &str| line.split_whitespace().nth(1) == Some("tcpdx");
    if !interfaces.lines().any(listed) {
        return Err(Failure::told(format!(
            "{}: installed, but tshark -D does not list the interface tcpdx{}",
            layout.extcap.display(),
            said(&complaints)
        )));
    }
    Ok(())
}

/// What tshark had to say about us, as the end of a sentence.
fn said(complaints: &str) -> String {
    let line = complaints.lines().find(|line| line.contains("tcpdx")).unwrap_or_default().trim();
    if line.is_empty() { String::new() } else { format!(": {line}") }
}
