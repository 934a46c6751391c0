#!/usr/bin/env python3
"""What the plugin costs tshark, in time and memory, beside TRANSUM: after `make build`.

    scripts/overhead.py [ROUNDS]

Each round runs tshark without the plugin, with it, and with Wireshark's own TRANSUM, one after the other, on a capture
of a million packets in 40 thousand connections; and without and with the plugin on a part of it with -V, the whole tree
of every packet. Printed are ratios of the medians of the time that passes, of processor time, which other work on the
machine disturbs less and which has the plugin's own thread in it, and of the most memory held. tshark runs in home
folders of its own (scripts/in-home.sh), and has no other plugins than these two. With $TCPDX_TREE it is the tshark of a
tree that scripts/trees.sh made.
"""

import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
RELEASE = ROOT / "target/release"
IN_HOME = ROOT / "scripts/in-home.sh"
IN_TREE = [ROOT / "scripts/in-tree.sh", os.environ["TCPDX_TREE"]] if os.environ.get("TCPDX_TREE") else []

TALK = """
title.en = "a talk"
[client]
nodelay = true
step = [
    { do = "connect" }, { do = "send", bytes = 200 }, { do = "receive", bytes = 3000 },
    { do = "repeat", steps = 2, times = 4 }, { do = "close" },
]
[server]
port = 9000
step = [
    { do = "listen" }, { do = "accept" }, { do = "receive", bytes = 200 }, { do = "send", bytes = 3000 },
    { do = "repeat", steps = 2, times = 4 }, { do = "close" },
]
"""

MIX = """
rate = 2000
[[share]]
scenario = "talk.toml"
weight = 85
[[share]]
scenario = "setup/clean-http"
weight = 5
[[share]]
scenario = "setup/handshake-rejected"
weight = 5
[[share]]
scenario = "reset/forged-to-server"
weight = 5
"""


def generate(folder):
    """The captures: all of it, and the part for -V."""
    (folder / "talk.toml").write_text(TALK)
    (folder / "mix.toml").write_text(MIX)
    for name, connections in (("all", 40_000), ("part", 2_000)):
        command = [RELEASE / "tcpdx", "generate", "--mix", folder / "mix.toml", "--no-comments"]
        command += ["--connections", str(connections), "-o", folder / f"{name}.pcapng"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def home(folder, with_plugin):
    """A home folder for tshark: its own TRANSUM is in it, which is off unless asked for."""
    lib = folder / ("with" if with_plugin else "without") / ".local/lib"
    series = ".".join(of_wireshark("--modversion").split(".")[:2])
    plugins = lib / "wireshark/plugins" / series / "epan"
    plugins.mkdir(parents=True)
    (plugins / "transum.so").symlink_to(pathlib.Path(of_wireshark("--variable=plugindir")) / "epan/transum.so")
    if with_plugin:
        command = [*IN_TREE, "make", "--silent", f"OUT={RELEASE}", f"LIB={RELEASE}"]
        subprocess.run(command, check=True, cwd=ROOT / "plugin/shim")
        shutil.copy(RELEASE / f"wireshark-{series}/tcpdx.so", plugins)
        (lib / "tcpdx").mkdir()
        shutil.copy(RELEASE / "libtcpdx.so", lib / "tcpdx")
    return lib.parent.parent


def of_wireshark(question):
    """What pkg-config tells of Wireshark."""
    command = [*IN_TREE, "pkg-config", question, "wireshark"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def run(home, capture, *arguments):
    """Seconds, processor seconds and the most kB of one run."""
    command = [IN_HOME, home, "tshark", "-n", "-r", capture, *arguments]
    begin = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - begin
    process.returncode = status
    if status != 0:
        sys.exit(f"overhead: {' '.join(map(str, command))}: failed")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss


def check(without):
    """The plain tshark must have TRANSUM."""
    plugins = subprocess.run([IN_HOME, without, "tshark", "-G", "plugins"], check=True, capture_output=True, text=True)
    if "transum.so" not in plugins.stdout:
        sys.exit("overhead: this Wireshark comes without TRANSUM")


def compare(what, rounds, variants, limits):
    """Prints each variant's medians over the first's."""
    runs = {name: [] for name in variants}
    for _ in range(rounds):
        for name, arguments in variants.items():
            runs[name].append(run(*arguments))
    medians = {name: [statistics.median(column) for column in zip(*of)] for name, of in runs.items()}
    first = next(iter(medians))
    print(f"{what}: {medians[first][0]:.2f} s, {medians[first][2] / 1024:.0f} MB without plugins")
    for name, of in medians.items():
        if name != first:
            elapsed, processor, memory = (mine / plain for mine, plain in zip(of, medians[first]))
            aim = limits.get(name, "")
            print(f"  {name:<10} {elapsed:.3f} of the time, {processor:.3f} of the processor's, {memory:.3f} of the memory{aim}")


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory(prefix="tcpdx-overhead-") as folder:
        folder = pathlib.Path(folder)
        generate(folder)
        without, with_plugin = home(folder, False), home(folder, True)
        # As root, tshark runs as another user.
        folder.chmod(0o755)
        check(without)
        capture, part = folder / "all.pcapng", folder / "part.pcapng"
        variants = {
            "without": (without, capture),
            "tcpdx": (with_plugin, capture),
            "TRANSUM": (without, capture, "--enable-protocol", "transum"),
        }
        compare("tshark -r, a million packets", rounds, variants, {"tcpdx": "  (aim: 1.05 and 1.10)"})
        variants = {"without": (without, part, "-V"), "tcpdx": (with_plugin, part, "-V")}
        compare("tshark -V", rounds, variants, {"tcpdx": "  (aim: 1.15)"})


main()
