//! The C header is what the sources make of it, and C and C++ compilers take it.

use std::process::Command;
use tcpdx_tests::header;

#[test]
fn header_is_not_stale() {
    let checked_in = std::fs::read_to_string(header::path()).unwrap();
    assert!(
        checked_in == header::generate().unwrap(),
        "include/tcpdx.h is stale: run `cargo run -p tcpdx-tests --bin header`"
    );
}

#[track_caller]
fn compiles(compiler: &str, language: &str, standard: &str) {
    let output = Command::new(compiler)
        .args(["-x", language, standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only"])
        .arg(header::path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn header_is_c11() {
    compiles("cc", "c", "-std=c11");
}

#[test]
fn header_is_cpp17() {
    compiles("c++", "c++", "-std=c++17");
}
