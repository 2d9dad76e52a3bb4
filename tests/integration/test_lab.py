# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab itself, with real hosts: what they are like, power, two labs at once, and that nothing is left, also after a crash."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml

LAB = Path(__file__).resolve().parents[1] / "lab" / "lab.py"
CACHE = (Path.home() / ".cache" / "baremetal-wandb").resolve()
TOPOLOGY = """
dns: {wandb.example.com: b}
hosts:
  a: {address: 11, groups: [things], drives: 2, drive_size: [300M, 400M]}
  b: {address: 12, mysql_source: true}
"""


def lab(*words, check=True, **options):
    """Run lab.py."""
    done = subprocess.run([sys.executable, str(LAB), *map(str, words)], capture_output=True, text=True, timeout=300, check=False, **options)
    assert not check or done.returncode == 0, done.stderr
    return done


def inside(name, host, command):
    """Standard output of a command in a host."""
    return lab("ssh", name, host, "--", command).stdout.strip()


def leftovers(name):
    """Everything on this machine that still belongs to a lab, found by other means than the lab's own."""
    folder = str(CACHE / "labs" / name)
    found = [line for line in subprocess.check_output(["losetup", "--all"], text=True).splitlines() if f"{folder}/" in line]
    found += [line for line in subprocess.check_output(["ip", "-d", "link"], text=True).splitlines() if line.strip() == f"alias baremetal-wandb lab {name}"]
    found += [line for line in subprocess.check_output(["iptables-save"], text=True).splitlines() if f'"baremetal-wandb lab {name}"' in line]
    for process in Path("/proc").glob("[0-9]*"):
        try:
            signs = "".join((process / file).read_text() for file in ("cmdline", "mountinfo", "cgroup"))
            if f"{folder}/" in signs or f"/baremetal-wandb/{name}/" in signs:
                # A killed process that its parent has yet to notice is none any more.
                if "State:\tZ" not in (process / "status").read_text():
                    found.append((process / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    found += [str(path) for path in (Path(folder), Path("/run/baremetal-wandb") / name) if path.exists()]
    found += [str(path) for path in Path("/sys/fs/cgroup").glob(f"**/baremetal-wandb/{name}")]
    return found


@pytest.fixture(name="topology", scope="module")
def topology_file(tmp_path_factory):
    """The topology above as a file; its root is in the cache when a test starts."""
    path = tmp_path_factory.mktemp("lab") / "topology.yml"
    path.write_text(TOPOLOGY, encoding="utf-8")
    return path


@pytest.fixture(name="up", scope="module")
def lab_up(topology):
    """A lab that is up."""
    lab("up", topology, "--name", "t-up")
    yield "t-up"
    lab("down", "t-up")
    assert not leftovers("t-up")


@pytest.fixture(name="rubble")
def name_of_rubble():
    """Name of a lab that a test breaks; removed whatever happens."""
    yield "t-rubble"
    lab("down", "t-rubble")
    assert not leftovers("t-rubble")


def test_a_lab_that_is_not_there():
    assert "there is no lab t-nosuch; there are " in lab("down", "t-nosuch").stderr
    assert leftovers("t-nosuch") == []


def test_leftovers_sees_a_lab_that_is_up(up):
    kinds = "\n".join(leftovers(up))
    for sign in ("/dev/loop", "alias", "MASQUERADE", "systemd-nspawn", "dnsmasq", "/sys/fs/cgroup/", "/run/baremetal-wandb"):
        assert sign in kinds


def test_hosts_are_like_a_strict_real_server(up):
    facts = inside(up, "a", """
        id -un; umask; sudo sh -c umask; sudo -n id -u; findmnt -no OPTIONS /tmp; systemctl is-system-running
        for d in /mnt/disk1 /mnt/disk2 /var/lib/docker; do findmnt -no FSTYPE $d; done; getent hosts wandb.example.com; getent hosts b
        grep -h '^CapBnd' /proc/1/status; python3 -m venv /var/tmp/venv > /dev/null 2>&1 || echo no-venv; pgrep -c systemd-timesyn || true
    """).splitlines()
    address = yaml.safe_load(lab("inventory", up).stdout)["all"]["hosts"]["b"]["ansible_host"]
    assert facts[:4] == ["ops", "0077", "0077", "0"]
    assert "noexec" in facts[4] and facts[5] == "running"
    assert facts[6:8] == ["xfs", "xfs"] and facts[8] not in ("overlay", "tmpfs")
    assert [line.split()[0] for line in facts[9:11]] == [address, address]
    assert not int(facts[11].split()[1], 16) & 1 << 25, "the host holds CAP_SYS_TIME"
    assert facts[12:] == ["no-venv", "0"]


def test_the_machines_clock_is_out_of_reach(up):
    before = time.time()
    done = lab("ssh", up, "a", "--", "sudo date -s @1000000000", check=False)
    assert done.returncode != 0 and "Operation not permitted" in done.stderr
    assert abs(time.time() - before) < 300


def test_mysql_comes_from_sid_at_low_priority_and_only_where_asked(up):
    priorities = {host: inside(up, host, "sudo apt-get -qq update && apt-cache policy mysql-server-core systemd") for host in ("a", "b")}
    assert "Candidate: (none)" in priorities["a"] or "mysql-server-core" not in priorities["a"]
    mysql, systemd = priorities["b"].split("systemd:")
    assert " 100\n" in mysql and "/sid" not in systemd.split("Version table:")[0]
    installed, candidate = [line.split()[1] for line in systemd.splitlines()[1:3]]
    assert "~deb13" in candidate or installed == candidate


def test_ansible_reaches_all_hosts_and_groups(up):
    ansible = str(Path(sys.executable).with_name("ansible"))
    inventory = CACHE / "labs" / up / "inventory.yml"
    words = [ansible, "-i", str(inventory), "all", "--become", "-m", "ansible.builtin.command", "-a", "id -u"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.count("rc=0 >>\n0\n") == 2, done.stdout + done.stderr
    assert list(yaml.safe_load(inventory.read_text())["all"]["children"]) == ["things"]
    # What it sent was compiled once, and nobody else may put something there.
    count, owner, *modes = inside(up, "a", "sudo sh -c 'ls /run/lab-compiled | wc -l; stat -c %U:%a /run/lab-compiled'").split()
    assert int(count) > 20 and owner == "root:700" and not modes


def test_up_again_changes_nothing_and_another_topology_is_refused(up, topology, tmp_path):
    boots = inside(up, "a", "cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1")
    lab("up", topology, "--name", up)
    assert inside(up, "a", "cat /proc/sys/kernel/random/boot_id; stat -c %Y /proc/1") == boots
    other = tmp_path / "other.yml"
    other.write_text("hosts: {a: {address: 11}}\n")
    done = lab("up", other, "--name", up, check=False)
    assert done.returncode == 2 and done.stderr.strip() == f"lab.py: lab {up} exists with another topology: remove it first, with: lab.py down {up}"


def test_a_pulled_plug_and_power_again(up):
    inside(up, "a", "echo kept | sudo tee /etc/kept /mnt/disk1/kept > /dev/null; sudo sh -c 'sleep 1000 > /dev/null 2>&1 &'")
    lab("power-off", up, "a")
    assert "a            " in lab("status", up).stdout and " off " in lab("status", up).stdout
    assert not [line for line in leftovers(up) if "/hosts/a/" in line], "a host without power holds mounts, loop devices or processes"
    assert inside(up, "b", "echo alive") == "alive"
    # A cable that the kernel has not yet taken away must not keep the host from booting.
    bridge = "bw" + yaml.safe_load(lab("inventory", up).stdout)["all"]["hosts"]["a"]["ansible_host"].split(".")[2]
    subprocess.run(["ip", "link", "add", f"vb-{bridge}-a", "type", "veth", "peer", "name", f"{bridge}-left"], check=True)
    lab("power-on", up)
    assert inside(up, "a", "sudo cat /etc/kept /mnt/disk1/kept; pgrep -c -x sleep || true") == "kept\nkept\n0"


def test_two_labs_do_not_meet(up, topology, rubble):
    lab("up", topology, "--name", rubble)
    both = [yaml.safe_load(lab("inventory", name).stdout)["all"]["hosts"]["a"]["ansible_host"] for name in (up, rubble)]
    assert both[0] != both[1]
    lab("down", rubble)
    assert not leftovers(rubble)
    assert inside(up, "a", "getent hosts wandb.example.com && echo alive").endswith("alive")


def kill_an_up(topology, name, sign):
    """Kill an `up` in its midst: as soon as there is what it makes at that moment. That is there after the kill too, so there is something to remove."""
    process = subprocess.Popen([sys.executable, str(LAB), "up", str(topology), "--name", name], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    try:
        while not any(sign in found for found in leftovers(name)):
            assert process.poll() is None, f"up ended before it made {sign}"
        assert process.poll() is None, "up was faster than this test"
    finally:
        process.kill()
        process.wait()
    assert any(sign in found for found in leftovers(name))


# In the order in which they are made.
@pytest.mark.parametrize("sign", ["/labs/t-rubble", "alias baremetal-wandb", "MASQUERADE", "dnsmasq", "systemd-nspawn"])
def test_nothing_is_left_of_an_up_that_was_killed(rubble, topology, sign):
    kill_an_up(topology, rubble, sign)
    lab("down", rubble)
    assert not leftovers(rubble)


def test_a_bridge_is_never_without_its_mark(rubble, topology, tmp_path):
    """The tool is killed while ip makes the bridge."""
    (tmp_path / "ip").write_text(
        '#!/bin/sh\n[ "$1" = -batch ] || exec "$REAL_IP" "$@"\nlines=$(cat); kill -9 "$PPID"; printf "%s\\n" "$lines" | "$REAL_IP" "$@"; touch "$0.done"\n'
    )
    (tmp_path / "ip").chmod(0o755)
    environment = dict(os.environ, PATH=f"{tmp_path}:{os.environ['PATH']}", REAL_IP=shutil.which("ip"))
    assert lab("up", topology, "--name", rubble, check=False, env=environment).returncode == -signal.SIGKILL
    while not (tmp_path / "ip.done").exists():
        time.sleep(0.05)
    assert any("alias baremetal-wandb" in found for found in leftovers(rubble))
    lab("down", rubble)
    assert not leftovers(rubble)


def test_an_up_that_was_killed_can_be_run_again(rubble, topology):
    kill_an_up(topology, rubble, "MASQUERADE")
    lab("up", topology, "--name", rubble)
    assert inside(rubble, "b", "echo alive") == "alive"


def test_nothing_is_left_of_a_host_whose_supervisor_died(rubble, topology):
    lab("up", topology, "--name", rubble)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"systemd-nspawn") and f"/labs/{rubble}/".encode() in b" ".join(words):
            os.kill(int(process.name), signal.SIGKILL)
    state = CACHE / "labs" / rubble / "lab.json"
    state.write_text(state.read_text(encoding="utf-8").replace('"groups"', '"later": 1, "groups"'), encoding="utf-8")
    assert "made by another version of this tool (host a: unknown key 'later'" in lab("status").stdout
    state.unlink()
    assert "half made" in lab("status").stdout
    lab("down", rubble)
    assert not leftovers(rubble)


def test_a_root_is_made_whole_or_not_at_all(topology, rubble):
    """A mirror that refuses connections: one sentence, exit code 2, nothing in the cache."""
    roots = set((CACHE / "roots").iterdir())
    done = lab("up", topology, "--name", rubble, check=False, env=dict(os.environ, LAB_MIRROR="http://127.0.0.1:9/debian"))
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith("lab.py: mmdebstrap could not make a trixie root from http://127.0.0.1:9/debian: ")
    assert {path for path in (CACHE / "roots").iterdir() if not path.name.startswith(".")} <= roots
    assert not list((CACHE / "roots").glob(".*.part"))


def test_without_root_rights_it_says_so(topology):
    topology.parent.chmod(0o755)
    for parent in topology.parents:
        if parent.is_relative_to("/tmp") and parent != Path("/tmp"):
            parent.chmod(0o755)
    readable = shutil.copytree(LAB.parent, topology.parent / "readable")  # the checkout may lie in root's home
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/usr/bin/python3", "-c", NOBODY, str(readable)],
                          capture_output=True, text=True, check=False, env={"HOME": "/nonexistent", "PATH": os.environ["PATH"]})
    assert (done.returncode, done.stdout) == (0, "the lab boots hosts, so it needs root: run it with sudo or as root\n"), done.stderr


# lab.py's own interpreter may lie where only root can read, so the question is put to the module with the system's Python.
NOBODY = """
import sys, types
sys.modules["yaml"] = types.SimpleNamespace(SafeLoader=object)
sys.path.insert(0, sys.argv[1])
import machine
try:
    machine.prepare()
except machine.LabError as error:
    print(error)
"""


@pytest.mark.parametrize(("words", "sentence"), [
    (("ssh", "t-none", "a"), "lab.py: there is no lab t-none; labs here: "),
    (("status", "t-none"), "lab.py: there is no lab t-none; labs here: "),
    (("power-off", "t-up", "c"), "lab.py: lab t-up has no host c; it has a, b"),
    (("part", "gold"), "lab.py: there is no part 'gold'; parts are minio, minio-next, standin-image, wheels"),
    (("down", "No_Name"), "lab.py: lab name 'No_Name' may hold only small letters, digits, underscores and hyphens, at most 40"),
])
@pytest.mark.usefixtures("up")
def test_mistakes_get_one_sentence(words, sentence):
    done = lab(*words, check=False)
    assert done.returncode == 2 and done.stderr.startswith(sentence) and done.stderr.count("\n") == 1, done.stderr
