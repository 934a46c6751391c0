//! What goes where.
//!
//! | what | system-wide | for one user |
//! | --- | --- | --- |
//! | plugin | `LIB/wireshark/plugins/X.Y/epan/tcpdx.so` | `~/.local/lib/wireshark/plugins/X.Y/epan/tcpdx.so` |
//! | its library | `LIB/tcpdx/libtcpdx.so` | `~/.local/lib/tcpdx/libtcpdx.so` |
//! | profile | `GLOBAL/profiles/TCP diagnosis` | `~/.config/wireshark/profiles/TCP diagnosis` |
//! | captures | the global extcap folder | `~/.local/lib/wireshark/extcap`, and a link to it in `~/.config/wireshark/extcap` |
//!
//! Wireshark takes every library in its plugin folder for a plugin, so ours lies elsewhere, and the plugin
//! finds it by its place relative to itself. The personal extcap folder moved with Wireshark 4.2; both the
//! old and the new one are served.

use super::profile::{self, Profile};
use super::wireshark::Wireshark;
use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// Name of the plugin in its folder.
pub(super) const PLUGIN: &str = "tcpdx.so";
/// Name of the library with the diagnosis.
pub(super) const LIBRARY: &str = "libtcpdx.so";
/// Name of the program that streams captures.
pub(super) const EXTCAP: &str = "tcpdx-extcap";

/// Where the parts belong.
pub(super) struct Layout {
    /// The folder with a folder of plugins per version of Wireshark.
    pub(super) plugins: PathBuf,
    /// The plugin of this version.
    pub(super) plugin: PathBuf,
    /// The library that it loads.
    pub(super) library: PathBuf,
    /// The program that streams captures.
    pub(super) extcap: PathBuf,
    /// Where else Wireshark may look for it.
    pub(super) extcap_link: Option<PathBuf>,
    /// The profile.
    pub(super) profile: Profile,
}

impl Layout {
    /// System-wide for root, since Wireshark ignores root's personal plugins; else for the user.
    pub(super) fn of(wireshark: &Wireshark, system_wide: bool) -> Result<Layout, Failure> {
        let name = if system_wide { "Global Plugins" } else { "Personal Plugins" };
        let folder = wireshark.folder(&[name])?;
        let plugins = above(&folder, 1)?;
        let configuration = if system_wide { "Global configuration" } else { "Personal configuration" };
        let (extcap, extcap_link) = if system_wide {
            (wireshark.folder(&["Global Extcap path", "Extcap path"])?, None)
        } else {
            let old = wireshark.folder(&["Personal configuration"])?.join("extcap");
            (above(&folder, 2)?.join("extcap"), Some(old.join(EXTCAP)))
        };
        let ours = above(&folder, 3)?.join("tcpdx");
        Ok(Layout {
            plugin: folder.join("epan").join(PLUGIN),
            library: ours.join(LIBRARY),
            profile: Profile {
                folder: wireshark.folder(&[configuration])?.join("profiles").join(profile::NAME),
                kept: ours.join("profile"),
            },
            plugins,
            extcap: extcap.join(EXTCAP),
            extcap_link,
        })
    }
}

/// The folder that many levels up.
fn above(folder: &Path, levels: usize) -> Result<PathBuf, Failure> {
    folder.ancestors().nth(levels).map(Path::to_path_buf).ok_or_else(|| {
        Failure::told(format!("{}: an unexpected plugin folder; is tshark Wireshark's?", folder.display()))
    })
}
