//! Makes Rust bindings from the checked-in C header, as any user of the library would.

use std::error::Error;
use std::path::PathBuf;

fn main() -> Result<(), Box<dyn Error>> {
    let root = PathBuf::from(std::env::var("CARGO_MANIFEST_DIR")?).join("..");
    let header = root.join("include/tcpdx.h");
    println!("cargo:rerun-if-changed={}", header.display());
    bindgen::Builder::default()
        .header(header.display().to_string())
        .allowlist_file(".*tcpdx\\.h")
        .dynamic_library_name("Library")
        .dynamic_link_require_all(true)
        .default_enum_style(bindgen::EnumVariation::Consts)
        .prepend_enum_name(false)
        .derive_default(true)
        .generate()?
        .write_to_file(PathBuf::from(std::env::var("OUT_DIR")?).join("tcpdx.rs"))?;
    Ok(())
}
