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
                'Global configuration' {root}/config \
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
        run.env("HOME", self.0.path());
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

const PROFILE: &str = "config/profiles/TCP diagnosis";

#[test]
fn the_profile_comes_and_goes_and_other_profiles_stay() {
    let machine = Machine::new();
    machine.write("config/profiles/mine/preferences", "mine");
    machine.run("install", &[]);
    assert!(machine.is_there(&format!("{PROFILE}/colorfilters")));
    // Wireshark writes it when it ends.
    machine.write(&format!("{PROFILE}/recent"), "window: here");
    machine.run("uninstall", &[]);
    assert!(!machine.is_there(PROFILE) && !machine.is_there("lib/tcpdx"));
    assert_eq!(fs::read_to_string(machine.path("config/profiles/mine/preferences")).unwrap(), "mine");
}

#[test]
fn what_the_user_changed_in_the_profile_stays() {
    let machine = Machine::new();
    machine.run("install", &[]);
    machine.write(&format!("{PROFILE}/colorfilters"), "changed");
    let (code, told) = machine.run("install", &[]);
    assert!(code == 0 && told.contains("colorfilters: changed since it was installed; it stays"), "{told}");
    machine.run("uninstall", &[]);
    assert_eq!(fs::read_to_string(machine.path(&format!("{PROFILE}/colorfilters"))).unwrap(), "changed");
    assert!(!machine.is_there(&format!("{PROFILE}/preferences")));
}

#[test]
fn a_profile_of_the_same_name_that_is_the_users_own_stays() {
    let machine = Machine::new();
    machine.write(&format!("{PROFILE}/preferences"), "mine");
    for command in ["install", "uninstall"] {
        assert_eq!(machine.run(command, &[]).0, 0);
        assert_eq!(fs::read_to_string(machine.path(&format!("{PROFILE}/preferences"))).unwrap(), "mine");
        assert!(!machine.is_there(&format!("{PROFILE}/colorfilters")));
    }
}

#[test]
fn several_wiresharks_each_get_theirs_and_one_that_fails_stops_no_other() {
    let (machine, other) = (Machine::new(), Machine::new());
    let tshark = fs::read_to_string(other.path("tshark")).unwrap();
    other.write("tshark", &tshark.replace("4.0", "4.4"));
    let other_tshark = other.path("tshark").display().to_string();
    let (code, told) = machine.run("install", &["--tshark", &other_tshark]);
    assert_eq!(code, 2, "{told}");
    assert!(
        told.contains("Wireshark 4.0.17 has loaded") && told.contains("not built for Wireshark 4.4.17"),
        "{told}"
    );
    machine.write("built/wireshark-4.4/tcpdx.so", "for 4.4");
    let (code, told) = machine.run("install", &["--tshark", &other_tshark]);
    assert_eq!(code, 0, "{told}");
    assert!(other.is_there("lib/wireshark/plugins/4.4/epan/tcpdx.so") && machine.is_there(PLUGIN));
}

#[test]
fn the_doctor_tells_what_is_wrong_and_how_to_mend_it() {
    let machine = Machine::new();
    let (code, told) = machine.run("doctor", &[]);
    assert_eq!((code, told.matches("  wrong  ").count()), (1, 4), "{told}");
    assert!(told.starts_with("Wireshark 4.0.17 (tshark)\n"), "{told}");
    machine.run("install", &[]);
    let (code, told) = machine.run("doctor", &[]);
    assert_eq!((code, told.matches("  ok     ").count()), (0, 4), "{told}");
    assert!(told.contains(&format!("plugin   {PLUGIN}: loaded, version 0.1.0")), "{told}");
    machine.write("lib/wireshark/plugins/3.6/epan/tcpdx.so", "old");
    let (code, told) = machine.run("doctor", &[]);
    assert!(code == 1 && told.contains("3.6/epan/tcpdx.so: is not for Wireshark 4.0"), "{told}");
}

#[test]
fn flatpak_is_told_that_it_loads_no_plugins() {
    let machine = Machine::new();
    fs::create_dir_all(machine.path(".local/share/flatpak/app/org.wireshark.Wireshark")).unwrap();
    let (code, told) = machine.run("doctor", &[]);
    assert!(code == 1 && told.contains("Wireshark from Flatpak runs in a sandbox"), "{told}");
}
