//! Writes `include/tcpdx.h` anew from the sources of the plugin crate.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    std::fs::write(tcpdx_tests::header::path(), tcpdx_tests::header::generate()?)?;
    Ok(())
}
