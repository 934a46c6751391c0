//! `tcpdx install`, `uninstall` and `doctor`: the Wireshark plugin, its profile and the teaching captures.

mod doctor;
mod files;
mod layout;
mod profile;
mod wireshark;

use crate::args::{Doctor, Install, Uninstall};
use crate::failure::{Failure, Status};
use files::Files;
use layout::{EXTCAP, LIBRARY, Layout, PLUGIN};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use wireshark::Wireshark;

/// Copies the parts to where this machine's Wiresharks look, and asks each whether it has found them.
pub(crate) fn install(args: &Install) -> Result<Status, Failure> {
    tell_of_flatpak()?;
    let files = Files { dry_run: args.target.dry_run };
    for_each(&args.target.tshark, |tshark| {
        let (wireshark, layout) = ask(tshark)?;
        let parts = Parts::find(args.from.as_deref(), &wireshark)?;
        files.copy(&parts.library, &layout.library, 0o644)?;
        files.copy(&parts.plugin, &layout.plugin, 0o644)?;
        files.copy(&parts.extcap, &layout.extcap, 0o755)?;
        if let Some(link) = &layout.extcap_link {
            files.link(&layout.extcap, link)?;
        }
        layout.profile.install(&files)?;
        if !files.dry_run {
            verify(&wireshark, &layout)?;
            let found = format!(
                "Wireshark {} has loaded the plugin tcpdx and offers the interface tcpdx",
                wireshark.version
            );
            writeln!(anstream::stdout(), "{found}")?;
        }
        Ok(())
    })
}

/// Removes the parts, whatever version of Wireshark they were made for.
pub(crate) fn uninstall(args: &Uninstall) -> Result<Status, Failure> {
    let files = Files { dry_run: args.target.dry_run };
    let mut removed = false;
    let status = for_each(&args.target.tshark, |tshark| {
        let (_, layout) = ask(tshark)?;
        removed |= layout.profile.uninstall(&files)?;
        let mut plugins = plugins_of_all_versions(&layout);
        plugins.extend([layout.library, layout.extcap].into_iter().chain(layout.extcap_link));
        for path in plugins {
            if files.remove(&path)? {
                removed = true;
                // Those that Wireshark brought along are not empty.
                path.ancestors().skip(1).take(2).for_each(|folder| files.remove_empty(folder));
            }
        }
        Ok(())
    })?;
    if !removed && status == Status::Done {
        writeln!(anstream::stdout(), "nothing was installed")?;
    }
    Ok(status)
}

/// Says what is installed where, and how to mend what is wrong.
pub(crate) fn doctor(args: &Doctor) -> Result<Status, Failure> {
    tell_of_flatpak()?;
    let mut status = Status::Done;
    let asked = for_each(&args.tshark, |tshark| {
        let (wireshark, layout) = ask(tshark)?;
        let for_everyone = Layout::of(&wireshark, true)?;
        let loaded = wireshark.plugin()?.0;
        let serves = loaded.is_some_and(|loaded| loaded.path == for_everyone.plugin);
        let layout = if serves { for_everyone } else { layout };
        status = status.max(doctor::examine(&wireshark, &layout)?);
        Ok(())
    })?;
    Ok(status.max(asked))
}

/// Does something for every Wireshark, and goes on with the next where one fails.
fn for_each(
    named: &[PathBuf],
    mut work: impl FnMut(&Path) -> Result<(), Failure>,
) -> Result<Status, Failure> {
    let mut status = Status::Done;
    let tsharks = wireshark::tsharks(named);
    for tshark in &tsharks {
        match work(tshark) {
            Err(Failure::Told(line)) if tsharks.len() > 1 => {
                anstream::eprintln!("tcpdx: {}: {line}", tshark.display());
                status = Status::Failed;
            }
            done => done?,
        }
    }
    Ok(status)
}

fn ask(tshark: &Path) -> Result<(Wireshark, Layout), Failure> {
    let wireshark = Wireshark::ask(tshark)?;
    let layout = Layout::of(&wireshark, rustix::process::geteuid().is_root())?;
    Ok((wireshark, layout))
}

fn tell_of_flatpak() -> Result<(), Failure> {
    if let Some(sentence) = wireshark::flatpak() {
        writeln!(anstream::stdout(), "{sentence}")?;
    }
    Ok(())
}

/// The plugins in the folders of all versions of Wireshark.
fn plugins_of_all_versions(layout: &Layout) -> Vec<PathBuf> {
    let versions = fs::read_dir(&layout.plugins).into_iter().flatten().flatten();
    let mut plugins: Vec<PathBuf> = versions
        .map(|version| version.path().join("epan").join(PLUGIN))
        .filter(|plugin| plugin.symlink_metadata().is_ok())
        .collect();
    plugins.sort();
    plugins
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
    let (loaded, complaints) = wireshark.plugin()?;
    let loaded = loaded.ok_or_else(|| {
        Failure::told(format!(
            "{}: installed, but Wireshark {} does not load it{}",
            layout.plugin.display(),
            wireshark.version,
            said(&complaints)
        ))
    })?;
    if loaded.path.canonicalize().ok() != layout.plugin.canonicalize().ok() {
        return Err(Failure::told(format!(
            "{}: installed, but Wireshark loads {}; remove that one first (tcpdx uninstall as its owner)",
            layout.plugin.display(),
            loaded.path.display()
        )));
    }
    let (offered, complaints) = wireshark.offers_captures()?;
    if !offered {
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
