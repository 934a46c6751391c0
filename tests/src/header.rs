//! The C header as the sources of the plugin crate make it.

use crate::built::root;
use std::path::PathBuf;

/// Where the header is checked in.
#[must_use]
pub fn path() -> PathBuf {
    root().join("include/tcpdx.h")
}

/// What the header must hold.
pub fn generate() -> Result<String, Box<dyn std::error::Error>> {
    let crate_dir = root().join("plugin");
    let config = cbindgen::Config::from_file(crate_dir.join("cbindgen.toml"))?;
    let mut text = Vec::new();
    cbindgen::generate_with_config(crate_dir, config)?.write(&mut text);
    Ok(String::from_utf8(text)?)
}
