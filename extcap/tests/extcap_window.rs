//! The extcap program in Wireshark's real window, on a display of its own: see `scripts/extcap_window.sh`. The pictures are
//! left in `target/window`.

// A test may panic: that is how it tells.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::process::Command;

const NEEDED: [&str; 6] = ["wireshark", "tshark", "Xvfb", "openbox", "xdotool", "import"];

#[test]
fn start_page_options_toolbar_and_errors_look_as_they_must() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let has = |program: &&&str| {
        let found = Command::new("sh").args(["-c", &format!("command -v {program}")]).output();
        found.is_ok_and(|output| output.status.success())
    };
    let missing: Vec<&&str> = NEEDED.iter().filter(|program| !has(program)).collect();
    if !missing.is_empty() {
        println!("SKIPPED: {missing:?} are not installed; scripts/need.sh test installs them");
        return;
    }
    let output = Command::new(format!("{root}/scripts/extcap_window.sh"))
        .args([&format!("{root}/target/window"), env!("CARGO_BIN_EXE_tcpdx-extcap")])
        .output()
        .unwrap();
    let (said, wrong) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    println!("{said}");
    assert!(output.status.success(), "{said}{wrong}");
}
