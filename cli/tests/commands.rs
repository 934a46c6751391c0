//! The commands beside `analyze`, and the help of all.
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::process::{Command, Output};

fn tcpdx(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tcpdx")).env("LC_ALL", "C.UTF-8").args(arguments).output().unwrap()
}

fn stdout(arguments: &[&str]) -> String {
    let output = tcpdx(arguments);
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// The one line on standard error of a command that must fail with 2.
fn failure(arguments: &[&str]) -> String {
    let output = tcpdx(arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty());
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(error.lines().count(), 1, "{error}");
    error
}

#[test]
fn help() {
    let commands = [
        "",
        "analyze",
        "explain",
        "generate",
        "scenarios",
        "reveal",
        "install",
        "uninstall",
        "doctor",
        "completions",
    ];
    for command in commands {
        let arguments = ["help", command];
        insta::assert_snapshot!(
            format!("help-{command}"),
            stdout(if command.is_empty() { &arguments[..1] } else { &arguments })
        );
    }
}

#[test]
fn every_diagnosis_is_listed_and_explained() {
    let list = stdout(&["explain"]);
    for diagnosis in tcpdx_engine::Diagnosis::ALL {
        let id = diagnosis.id();
        let row = list.lines().find(|line| line.split_whitespace().next() == Some(id)).unwrap();
        assert_eq!(row.split_whitespace().nth(1), Some(diagnosis.severity().name()));
        let page = stdout(&["explain", id]);
        assert!(page.starts_with(id) && page.contains(&format!("tcpdx.{id}\n")), "{page}");
        for heading in ["\nRecognised by\n", "\nWhy\n", "\nCheck\n", "\nReference: "] {
            assert!(page.contains(heading), "{page}");
        }
    }
}

#[test]
fn a_filter_of_wireshark_is_explained_too_and_a_family_is_listed() {
    assert_eq!(stdout(&["explain", "tcpdx.reset.abort"]), stdout(&["explain", "reset.abort"]));
    let family = stdout(&["explain", "keepalive"]);
    assert!(family.lines().count() >= 4 && family.lines().all(|line| line.starts_with("keepalive.")));
}

#[test]
fn a_slip_in_a_name_is_answered_with_what_may_be_meant() {
    assert_eq!(
        failure(&["explain", "close.hafl"]),
        "tcpdx: no diagnosis or cause close.hafl; did you mean close.half?; `tcpdx explain` lists all, `tcpdx explain causes` the causes\n"
    );
    let error = failure(&["generate", "setup/handshake-rejectd", "-o", "-"]);
    assert!(error.contains("did you mean setup/handshake-rejected"), "{error}");
}

#[test]
fn scenarios_are_listed_a_line_each_with_the_name_first() {
    let list = stdout(&["scenarios", "--lang", "en"]);
    let scenarios: Vec<_> = tcpdx_extcap::scenario::all().collect();
    assert_eq!(list.lines().count(), scenarios.len());
    for (line, scenario) in list.lines().zip(scenarios) {
        let (name, title) = line.split_once("  ").unwrap();
        assert_eq!(name, scenario.name());
        assert_eq!(title.trim(), scenario.title(tcpdx_extcap::Language::En));
    }
}

#[test]
fn scenario_files_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let (sound, broken) = (folder.path().join("sound.toml"), folder.path().join("broken.toml"));
    let scenario = tcpdx_extcap::scenario::find("setup/handshake-rejected").unwrap();
    std::fs::write(&sound, scenario.source()).unwrap();
    std::fs::write(&broken, "title.en = \"x\"\ndelai = 3\n").unwrap();
    assert!(stdout(&["scenarios", "--check", sound.to_str().unwrap()]).contains("sound.toml: sound: "));
    let error = failure(&["scenarios", "--check", broken.to_str().unwrap()]);
    assert!(error.contains("broken.toml:2: delai: "), "{error}");
}

#[test]
fn a_generated_capture_is_the_same_as_a_file_and_through_a_pipe() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.pcapng");
    let path = path.to_str().unwrap();
    let options = ["generate", "setup/handshake-rejected", "--seed", "7", "--start", "2026-03-01T00:00:00Z"];
    let told = stdout(&[&options[..], &["-o", path]].concat());
    assert!(told.starts_with(&format!("{path}: ")), "{told}");
    let piped = tcpdx(&[&options[..], &["-o", "-"]].concat());
    assert_eq!(std::fs::read(path).unwrap(), piped.stdout);
}

#[test]
fn a_mix_holds_as_many_connections_as_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let (mix, out) = (folder.path().join("mix.toml"), folder.path().join("out.pcapng"));
    std::fs::write(&mix, "[[share]]\nscenario = \"setup/handshake-rejected\"\n").unwrap();
    let (mix, out) = (mix.to_str().unwrap(), out.to_str().unwrap());
    let told = stdout(&["generate", "--mix", mix, "--connections", "25", "-o", out]);
    assert!(told.starts_with(&format!("{out}: 50 packets over ")), "{told}");
}

#[test]
fn what_a_scenario_shows_is_found_in_its_capture() {
    let folder = tempfile::tempdir().unwrap();
    for scenario in tcpdx_extcap::scenario::all() {
        for point in [tcpdx_extcap::CapturePoint::Client, tcpdx_extcap::CapturePoint::Server] {
            let path = folder.path().join("out.pcapng");
            let path = path.to_str().unwrap();
            stdout(&["generate", scenario.name(), "--point", point.word(), "-o", path]);
            let output = tcpdx(&["analyze", "--format", "jsonl", path]);
            let lines = String::from_utf8(output.stdout).unwrap();
            for id in scenario.shows(point) {
                assert!(
                    lines.contains(&format!("\"id\":\"{id}\"")),
                    "{} at the {point}: no {id} in\n{lines}",
                    scenario.name()
                );
            }
        }
    }
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let error = failure(&["generate", "setup/handshake-rejected", "-o", "/no/such/folder/out.pcapng"]);
    assert!(error.starts_with("tcpdx: /no/such/folder/out.pcapng: cannot write it: "), "{error}");
}

#[test]
fn pages_are_made_from_the_options() {
    for shell in ["bash", "zsh", "fish"] {
        assert!(stdout(&["completions", shell]).contains("analyze"), "{shell}");
    }
    assert!(stdout(&["man"]).contains(".TH tcpdx 1"));
    let folder = tempfile::tempdir().unwrap();
    stdout(&["man", "--dir", folder.path().to_str().unwrap()]);
    for page in ["tcpdx.1", "tcpdx-analyze.1", "tcpdx-install.1"] {
        assert!(folder.path().join(page).is_file(), "{page}");
    }
}

#[test]
fn a_mystery_is_revealed_with_its_questions_and_anything_else_is_not() {
    use tcpdx_extcap::{GenerateOptions, mystery::Mystery};
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mystery.pcapng");
    let mut capture = Vec::new();
    let mysteries: Vec<Mystery> = [4711, 4712].map(|seed| Mystery::draw(None, seed).unwrap()).to_vec();
    for mystery in &mysteries {
        let scenario = mystery.scenario().scenario().unwrap();
        tcpdx_extcap::generate(&scenario, &mystery.hide(GenerateOptions::default()), &mut capture).unwrap();
    }
    std::fs::write(&file, capture).unwrap();
    let told = stdout(&["reveal", file.to_str().unwrap(), "--lang", "en"]);
    for mystery in &mysteries {
        assert!(told.contains(&format!("Seed {}, ", mystery.seed())), "{told}");
        assert!(told.contains(&format!("\n{}", mystery.scenario().name())), "{told}");
    }
    assert!(told.contains("\n? ") && told.contains("\n! "), "{told}");

    let other = folder.path().join("other.pcapng");
    let output = ["generate", "setup/clean-http", "-o", other.to_str().unwrap()];
    stdout(&output);
    assert!(
        failure(&["reveal", other.to_str().unwrap()])
            .contains("no mystery; reveal captures of the interface")
    );
    assert!(failure(&["reveal", "no/such.pcapng"]).contains("no such file; check the name"));
}

#[test]
fn comments_and_losses_are_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let size = |options: &[&str]| {
        let file = folder.path().join("c.pcapng");
        stdout(&[&["generate", "loss/fast-retransmit", "-o", file.to_str().unwrap()], options].concat());
        std::fs::metadata(file).unwrap().len()
    };
    let (all, story, none) = (size(&[]), size(&["--comments", "story"]), size(&["--comments", "off"]));
    assert!(all > story && story > none && none == size(&["--no-comments"]));
    assert!(size(&["--loss", "30"]) != all);
}
