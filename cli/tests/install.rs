//! `tcpdx install` and `uninstall`, with a stand-in for tshark that has its folders in a place of its own.
//! (With the real one they are tested where the plugin is.)
#![allow(missing_docs, clippy::unwrap_used, clippy::panic)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const LIBRARY: &str = "lib/tcpdx/libtcpdx.so";
const PLUGIN: &str = "lib/wireshark/plugins/4.0/epan/tcpdx.so";

/// A machine in a folder: a tshark of 4.0.17 that loads and lists what lies in its folders, and what was
/// built. Personal and global folders are the same, so that it does not matter who runs the tests.
struct Machine(TempDir);

impl Machine {
    fn new() -> Machine {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().display();
        let tshark = format!(
            "#!/bin/sh\n\
             cd {root}\n\
             case \"$*\" in\n\
             --version) echo 'TShark (Wireshark) 4.0.17 (Git v4.0.17).' ;;\n\
             '-G folders') printf '%s:\\t%s\\n' \
                'Personal configuration' {root}/config \
                'Personal Plugins' {root}/lib/wireshark/plugins/4.0 \
                'Global Plugins' {root}/lib/wireshark/plugins/4.0 \
                'Extcap path' {root}/lib/wireshark/extcap ;;\n\
             '-G plugins') [ ! -f lib/tcpdx/libtcpdx.so ] || \
                printf 'tcpdx.so\\t0.1.0\\tdissector\\t%s\\n' {root}/{PLUGIN} ;;\n\
             -D) [ ! -x lib/wireshark/extcap/tcpdx-extcap ] || echo '1. tcpdx (TCP teaching captures)' ;;\n\
             esac\n"
        );
        let machine = Machine(folder);
        machine.write("tshark", &tshark);
        fs::set_permissions(machine.path("tshark"), fs::Permissions::from_mode(0o755)).unwrap();
        for part in ["libtcpdx.so", "tcpdx-extcap", "wireshark-4.0/tcpdx.so"] {
            machine.write(&format!("built/{part}"), part);
        }
        machine
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// Runs the command: exit code, and all output with the machine's folder taken out.
    fn run(&self, command: &str, options: &[&str]) -> (i32, String) {
        let mut run = Command::new(env!("CARGO_BIN_EXE_tcpdx"));
        run.arg(command).arg("--tshark").arg(self.path("tshark")).args(options);
        if command == "install" {
            run.arg("--from").arg(self.path("built"));
        }
        let output = run.output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8(text).unwrap().replace(&format!("{}/", self.0.path().display()), "");
        (output.status.code().unwrap(), text)
    }

    fn is_there(&self, name: &str) -> bool {
        Path::exists(&self.path(name))
    }
}

#[test]
fn parts_go_where_wireshark_looks_and_away_again() {
    let machine = Machine::new();
    for _ in 0..2 {
        let (code, told) = machine.run("install", &[]);
        assert_eq!(code, 0, "{told}");
        assert!(
            told.ends_with("Wireshark 4.0.17 has loaded the plugin tcpdx and offers the interface tcpdx\n")
        );
        assert!(machine.is_there(LIBRARY) && machine.is_there(PLUGIN));
    }
    let (code, told) = machine.run("uninstall", &[]);
    assert_eq!(code, 0, "{told}");
    assert!(!machine.is_there("lib/tcpdx") && !machine.is_there(PLUGIN));
    assert!(!machine.is_there("lib/wireshark/extcap/tcpdx-extcap"));
    assert_eq!(machine.run("uninstall", &[]), (0, "nothing was installed\n".into()));
}

#[test]
fn a_dry_run_changes_nothing() {
    let machine = Machine::new();
    let (code, told) = machine.run("install", &["--dry-run"]);
    assert_eq!(code, 0);
    assert!(told.starts_with(&format!("would copy built/libtcpdx.so to {LIBRARY}\n")), "{told}");
    assert!(!machine.is_there("lib"));
}

#[test]
fn a_plugin_for_another_version_is_told() {
    let machine = Machine::new();
    fs::rename(machine.path("built/wireshark-4.0"), machine.path("built/wireshark-4.4")).unwrap();
    let (code, told) = machine.run("install", &[]);
    assert_eq!(
        (code, &*told),
        (
            2,
            "tcpdx: built/wireshark-4.0/tcpdx.so: not there; the plugin was not built for Wireshark 4.0.17 \
             (only for 4.4); build it with that version's headers (make), or name its folder with --from\n"
        )
    );
}

#[test]
fn a_missing_part_or_tshark_is_told() {
    let machine = Machine::new();
    fs::remove_file(machine.path("built/tcpdx-extcap")).unwrap();
    let (code, told) = machine.run("install", &[]);
    assert_eq!(
        (code, &*told),
        (2, "tcpdx: built/tcpdx-extcap: not there; build it first (make), or name its folder with --from\n")
    );
    fs::remove_file(machine.path("tshark")).unwrap();
    let (code, told) = machine.run("install", &[]);
    assert_eq!(code, 2);
    assert!(told.starts_with("tcpdx: tshark: no such command; install Wireshark's tshark"), "{told}");
}

#[test]
fn wireshark_not_loading_it_is_told() {
    let machine = Machine::new();
    let tshark = fs::read_to_string(machine.path("tshark")).unwrap();
    machine.write("tshark", &tshark.replace("tcpdx.so\\t", "other.so\\t"));
    let (code, told) = machine.run("install", &[]);
    assert_eq!(code, 2);
    assert!(told.ends_with("installed, but Wireshark 4.0.17 does not load it\n"), "{told}");
}
