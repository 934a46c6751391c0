//! What is installed for one Wireshark, whether it loads it, and how to mend what is wrong.

use super::layout::Layout;
use super::wireshark::Wireshark;
use super::{plugins_of_all_versions, said};
use crate::failure::{Failure, Status};
use std::io::Write;
use std::path::Path;

/// The version of what this command would install.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What was found about one part: what is well, or what is wrong and how to mend it.
type Finding = (&'static str, Result<String, String>);

/// Prints what is found, part by part.
pub(super) fn examine(wireshark: &Wireshark, layout: &Layout) -> Result<Status, Failure> {
    let mut out = anstream::stdout();
    writeln!(out, "Wireshark {} ({})", wireshark.version, wireshark.tshark.display())?;
    let mut status = Status::Done;
    for (part, finding) in findings(wireshark, layout)? {
        match finding {
            Ok(well) => writeln!(out, "  ok     {part:<9}{well}")?,
            Err(wrong) => {
                status = Status::Trouble;
                writeln!(out, "  wrong  {part:<9}{wrong}")?;
            }
        }
    }
    Ok(status)
}

fn findings(wireshark: &Wireshark, layout: &Layout) -> Result<Vec<Finding>, Failure> {
    let mut findings = vec![
        ("plugin", plugin(wireshark, layout)?),
        ("library", present(&layout.library)),
        ("captures", captures(wireshark, layout)?),
        ("profile", profile(layout)),
    ];
    findings.extend(others(wireshark, layout).map(|other| ("plugin", Err(other))));
    Ok(findings)
}

fn plugin(wireshark: &Wireshark, layout: &Layout) -> Result<Result<String, String>, Failure> {
    let path = layout.plugin.display();
    let (loaded, complaints) = wireshark.plugin()?;
    Ok(match loaded {
        None if !layout.plugin.exists() => Err(format!("{path}: not installed; run `tcpdx install`")),
        None => Err(format!(
            "{path}: not loaded by Wireshark{}; run `tcpdx install` again, with a tcpdx that was built for \
             Wireshark {}",
            said(&complaints),
            wireshark.series()
        )),
        Some(loaded) if loaded.version != VERSION => Err(format!(
            "{}: is version {}, and this command is {VERSION}; run `tcpdx install`",
            loaded.path.display(),
            loaded.version
        )),
        Some(loaded) => Ok(format!("{}: loaded, version {}", loaded.path.display(), loaded.version)),
    })
}

fn present(path: &Path) -> Result<String, String> {
    match path.is_file() {
        true => Ok(path.display().to_string()),
        false => Err(format!("{}: not there; run `tcpdx install`", path.display())),
    }
}

fn captures(wireshark: &Wireshark, layout: &Layout) -> Result<Result<String, String>, Failure> {
    let (offered, complaints) = wireshark.offers_captures()?;
    let path = layout.extcap.display();
    Ok(match (offered, layout.extcap.is_file()) {
        (true, _) => Ok(format!("{path}: offered as the interface tcpdx")),
        (false, true) => Err(format!(
            "{path}: Wireshark does not offer the interface tcpdx{}; run `tcpdx install` again",
            said(&complaints)
        )),
        (false, false) => Err(format!("{path}: not installed; run `tcpdx install`")),
    })
}

fn profile(layout: &Layout) -> Result<String, String> {
    let path = layout.profile.folder.display();
    match layout.profile.is_complete() {
        true => Ok(path.to_string()),
        false => Err(format!("{path}: not there, or not all of it; run `tcpdx install`")),
    }
}

/// Plugins for versions of Wireshark that are not this one: left over when Wireshark was upgraded.
fn others(wireshark: &Wireshark, layout: &Layout) -> impl Iterator<Item = String> {
    let series = wireshark.series();
    let plugins = plugins_of_all_versions(layout);
    let ours = layout.plugin.clone();
    plugins.into_iter().filter(move |plugin| *plugin != ours).map(move |plugin| {
        format!(
            "{}: is not for Wireshark {series}; where no other Wireshark wants it, remove it (`tcpdx uninstall`, \
             then `tcpdx install`)",
            plugin.display()
        )
    })
}
