# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bad input on fresh hosts: site.yml ends with one sentence that names the variable, and no file of any host has changed.

What the rules of a role say of values alone is in tests/unit/repo.
"""

from __future__ import annotations

import concurrent.futures
import copy
import dataclasses
import functools
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tarfile
import venv
from pathlib import Path

import pytest
import yaml
from run import packed_once

TOP = Path(__file__).resolve().parents[2]
CACHE = Path.home() / ".cache" / "baremetal-wandb"
NAME = "t-bad-input"
# The cluster, with a third drive on each node that is larger on one.
TOPOLOGY = yaml.safe_load((TOP / "tests/lab/topologies/cluster.yml").read_text(encoding="utf-8"))
for _node in ("minio1", "minio2", "minio3", "minio4"):
    TOPOLOGY["hosts"][_node] |= {"drives": 3, "drive_size": ["300M", "300M", "400M" if _node == "minio4" else "300M"]}
# And a store of somebody else, for the cases whose own stores are none.
TOPOLOGY["dns"]["store.example.com"] = "minio1"
# One host with drives, for the cases of a single host.
ONE = "minio1"
OLD_ANSIBLE = "2.18.6"

# What any login over SSH writes, and what the system writes by its clocks. All else on a host's own file system must stay as it was.
NOISE = r"/(var/log|var/lib/systemd|home/ops/\.ansible|root/\.ansible)(/.*)?|/var/tmp/systemd-private-.*|/|/root|/home/ops|/run|/tmp|/var/lib|/var/tmp"

# A Python that takes the host for one with an ARM processor.
ARM = """
mkdir -p /opt/arm && echo 'import os
real = os.uname()
os.uname = lambda: os.uname_result((*real[:4], "aarch64"))' > /opt/arm/sitecustomize.py
printf '#!/bin/sh\\nPYTHONPATH=/opt/arm PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 "$@"\\n' > /opt/arm/python3
chmod -R a+rX /opt/arm && chmod 0755 /opt/arm/python3
"""


def release(**values: str) -> str:
    """Commands that make a host say it is another system."""
    lines = "\\n".join(f'{key}="{value}"' for key, value in values.items())
    copy = "cp --remove-destination /usr/lib/os-release /etc/os-release && mv /etc/debian_version /etc/debian_version.kept"
    return f"{copy} && printf '{lines}\\n' > /etc/os-release"


RELEASE_BACK = "ln -sf ../usr/lib/os-release /etc/os-release; mv /etc/debian_version.kept /etc/debian_version; rm -f /etc/redhat-release"


@dataclasses.dataclass(frozen=True)
class Case:
    """One wrong thing. `says` are the parts of the one sentence, which has one example."""

    name: str
    says: tuple[str, ...]
    variables: dict[str, object] = dataclasses.field(default_factory=dict)
    groups: dict[str, list[str]] = dataclasses.field(default_factory=dict)
    host: str = ""
    host_variables: dict[str, object] = dataclasses.field(default_factory=dict)
    before: str = ""
    after: str = ""
    arguments: tuple[str, ...] = ()
    examples: int = 1  # what argument_specs.yml refuses is told by Ansible, with all choices
    cluster: bool = False  # what is wrong of values alone is as wrong on one host that is all of the site, and takes half the time


def external(name: str, *says: str, **variables: object) -> Case:
    """One wrong thing of a site whose database and object store are somebody else's."""
    theirs = {"wandb_mysql_host": "192.0.2.12", "wandb_s3_url": "https://store.example.com"}
    return Case(name, says, theirs | variables, {"wandb_mysql": [], "wandb_minio": []}, cluster=True)


CASES = (
    Case("no licence", ("wandb_license",), {"wandb_license": ""}),
    Case("no database password", ("wandb_mysql_password",), {"wandb_mysql_password": ""}),
    Case("no secret key", ("wandb_s3_secret_key",), {"wandb_s3_secret_key": ""}),
    external("no licence with stores of somebody else", "wandb_license is empty", wandb_license=""),
    external("no password of somebody else's database", "wandb_mysql_password is empty", wandb_mysql_password=""),
    Case("a licence of null", ("wandb_license",), {"wandb_license": None}),
    Case("a licence of spaces", ("wandb_license",), {"wandb_license": "   "}),
    Case("a licence of two lines", ("wandb_license", "line break"), {"wandb_license": "eyJhb\nGciOi"}),
    Case("a password of null", ("wandb_mysql_password",), {"wandb_mysql_password": None}),
    Case("a password that YAML reads as a number", ("wandb_mysql_password", "quotes"), {"wandb_mysql_password": 12345678}),
    Case("a secret from a vault that lacks it", ("wandb_s3_secret_key", "vault"), {"wandb_s3_secret_key": "{{ vault_wandb_s3_secret_key }}"}),
    Case(
        "line breaks at the end of a URL, an address and a secret",
        ("line break", "wandb_s3_secret_key", "wandb_url", "wandb_address", "| trim"),
        {"wandb_url": "https://wandb.example.com\n", "wandb_s3_secret_key": "s3cret-key-of-wandb\n"},
        host="db1",
        host_variables={"wandb_address": "192.0.2.12\n"},
    ),
    Case("no MinIO root password", ("wandb_minio_root_password",), {"wandb_minio_root_password": ""}),
    Case("no URL", ("wandb_url", "https://wandb.example.com"), {"wandb_url": ""}),
    Case("URL without https", ("wandb_url", "http://wandb.example.com"), {"wandb_url": "http://wandb.example.com"}),
    Case("URL with a path", ("wandb_url", "without a path"), {"wandb_url": "https://wandb.example.com/app"}),
    Case("URL with a port that is none", ("wandb_url must be", ":99999"), {"wandb_url": "https://wandb.example.com:99999"}),
    Case("URL with an address", ("wandb_url", "host name"), {"wandb_url": "https://192.0.2.9"}),
    Case("store URL without https", ("wandb_s3_url",), {"wandb_s3_url": "http://s3.example.com"}),
    Case("store URL with a path", ("wandb_s3_url", "without a path"), {"wandb_s3_url": "https://s3.example.com/store"}),
    Case("one name for both", ("wandb_s3_url", "name of its own"), {"wandb_s3_url": "https://wandb.example.com"}),
    Case("no database", ("wandb_mysql_host", "wandb_mysql"), groups={"wandb_mysql": []}),
    Case("no application", ("wandb_server", "no host"), groups={"wandb_server": []}),
    Case("no object store", ("wandb_s3_url",), {"wandb_s3_url": ""}, groups={"wandb_minio": []}),
    Case("no object store behind our own proxy", ("wandb_minio", "wandb_s3_url", "proxy1"), groups={"wandb_minio": []}, cluster=True),
    Case("two applications", ("wandb_server", "2 hosts"), groups={"wandb_server": ["app1", "client1"]}, cluster=True),
    Case("two databases", ("wandb_mysql", "2 hosts"), groups={"wandb_mysql": ["db1", "client1"]}, cluster=True),
    Case("a port that is none", ("wandb_mysql_port", "wandb_minio_port"), {"wandb_mysql_port": 70000, "wandb_minio_port": "0"}),
    Case(
        "17 drives",
        ("minio_drives", "17"),
        {"minio_drives": [f"/mnt/disk{number}" for number in range(1, 18)]},
        groups={"wandb_minio": ["minio1"]},
        cluster=True,
    ),
    Case("more parity than a set has drives", ("minio_parity is 9",), {"minio_parity": "9"}),
    Case("a drive that is not mounted", ("minio_drives", "/mnt/disk9"), {"minio_drives": ["/mnt/disk1", "/mnt/disk9"]}),
    Case("unequal drives", ("minio_drives", "drives of one size"), {"minio_drives": ["/mnt/disk1", "/mnt/disk3"]}, cluster=True),
    Case(
        "two nodes with a drive each",
        ("minio_allow_fragile_layout", "minio_drives"),
        {"minio_drives": ["/mnt/disk1"]},
        groups={"wandb_minio": ["minio1", "minio2"]},
        cluster=True,
    ),
    Case(
        "EL 8",
        ("Rocky", "8"),
        host="app1",
        before=release(ID="rocky", ID_LIKE="rhel centos fedora", NAME="Rocky Linux", VERSION_ID="8.10", VERSION="8.10 (Green Obsidian)")
        + " && echo 'Rocky Linux release 8.10 (Green Obsidian)' > /etc/redhat-release",
        after=RELEASE_BACK,
    ),
    Case(
        "an unsupported system",
        ("openSUSE",),
        host="proxy1",
        before=release(ID="opensuse-leap", ID_LIKE="suse opensuse", NAME="openSUSE Leap", VERSION_ID="15.6", VERSION="15.6"),
        after=RELEASE_BACK,
    ),
    Case(
        "an ARM application host",
        ("wandb_server", "amd64"),
        host="app1",
        host_variables={"ansible_python_interpreter": "/opt/arm/python3"},
        before=ARM,
        after="rm -r /opt/arm",
    ),
    Case(
        "a host that cannot resolve the public names",
        ("wandb_url", "wandb.example.com"),
        host="client1",
        before="mv /etc/resolv.conf /etc/resolv.conf.kept && echo nameserver 127.0.0.1 > /etc/resolv.conf",
        after="mv /etc/resolv.conf.kept /etc/resolv.conf",
    ),
    Case(
        "a client that trusts another CA",
        ("certificate_ca_host", "client1 trusts a CA already"),
        host="client1",
        before="mkdir -p /etc/ssl/baremetal-wandb && echo another > /etc/ssl/baremetal-wandb/ca.crt",
        after="rm -r /etc/ssl/baremetal-wandb",
    ),
    Case("a CA on a host that gets no trust in it", ("certificate_ca_host is minio1",), {"certificate_ca_host": "minio1"}, cluster=True),
    Case("a user without sudo", ("become",), host="db1", host_variables={"ansible_become": False}),
    Case(
        "port 80 in use on the proxy",
        ("80 is held by",),
        host="proxy1",
        before="systemd-run --quiet --unit squatter python3 -m http.server 80 && sleep 2",
        after="systemctl stop squatter",
    ),
    Case("no path of the CA", ("wandb_ca_file", "ca.crt"), {"wandb_ca_file": "ca.pem"}),
    Case("a moving image", ("server_image", "latest"), {"server_image": "docker.io/wandb/local:latest"}),
    Case("a withdrawn image", ("server_image", "0.78.2"), {"server_image": "docker.io/wandb/local:0.78.1"}),
    Case("a licence that is none", ("wandb_license is no licence of W&B",), {"wandb_license": "lab"}),
    Case("a kind of TLS that nobody knows", ("server_mysql_tls must be one of",), {"server_mysql_tls": "custom"}),
    Case(
        "an archive that holds no image",
        ("server_image_archive must be an archive of docker save",),
        {"server_image_archive": __file__, "server_image_archive_sha256": hashlib.sha256(Path(__file__).read_bytes()).hexdigest()},
    ),
    Case("the sum of another archive", ("server_image_archive_sha256", "image.tar"), {"server_image_archive_sha256": "0" * 64}),
    Case("a client that runs sometimes", ("verify_client", "never"), {"verify_client": "sometimes"}, examples=0),
    Case("a report beside an unknown folder", ("verify_report_dir",), {"verify_report_dir": "reports"}),
    Case("a download proxy with a password", ("wandb_download_proxy", "without user"), {"wandb_download_proxy": "http://us:pw@192.0.2.9:3128"}),
    Case("two sources of the libraries", ("tools_index_url", "tools_wheel_dir"), {"tools_index_url": "https://pypi.example.com/simple"}),
    Case("a user that W&B cannot be", ("server_user", "100000"), {"server_user": "1000"}),
    Case("no source of MySQL", ("mysql_debian_suite",), {"mysql_debian_suite": "", "mysql_install_method": "distribution"}),
    Case(
        "a repository out of reach",
        ("mysql_repository_key", "mysql_install_method"),
        {"mysql_repository_key": "https://mirror.invalid/mysql.asc", "mysql_debian_suite": ""},
    ),
    Case(
        "names that belong to the database server",
        ("wandb_mysql_user", "wandb_mysql_database", "information_schema"),
        {"wandb_mysql_user": "root", "wandb_mysql_database": "mysql"},
        examples=2,
    ),
    Case("W&B on every address", ("wandb_server_listen",), {"wandb_server_listen": "0.0.0.0"}),
    Case("a renewal in every run", ("certificate_renew_days",), {"certificate_renew_days": 400}),
    Case("a setting of the wrong type", ("mysql_settings.max_connections",), {"mysql_settings": {"max_connections": "many"}}),
    Case(
        "an interpreter for all tasks",
        ("ansible_python_interpreter",),
        arguments=("--extra-vars=ansible_python_interpreter=/usr/bin/python3",),
    ),
)


def lab(*words: str) -> str:
    done = subprocess.run([sys.executable, str(TOP / "tests/lab/lab.py"), *words], capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@functools.cache
def way_to(host: str) -> list[str]:
    """The words of ssh that reach a host over the connection that Ansible keeps open to it."""
    listed = yaml.safe_load(lab("inventory", NAME))["all"]
    values = {**listed["vars"], **listed["hosts"][host]}
    shared = [*shlex.split(values["ansible_ssh_common_args"]), "-o", "ControlMaster=auto", "-o", "ControlPersist=30m"]
    return ["ssh", "-i", values["ansible_ssh_private_key_file"], *shared, f"{values['ansible_user']}@{values['ansible_host']}"]


def inside(host: str, command: str) -> str:
    """Output of root's commands in a host."""
    words = [*way_to(host), f"sudo sh -ec {shlex.quote(command)}"]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(name="patch", scope="module")
def module_monkeypatch():
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(name="good", scope="module")
def good_inventory(tmp_path_factory, patch):
    """A fresh cluster and an inventory that has nothing wrong."""
    folder = tmp_path_factory.mktemp("bad-input")
    (folder / "topology.yml").write_text(yaml.safe_dump(TOPOLOGY), encoding="utf-8")
    # Nothing is installed here, so the parts need only be there.
    (folder / "minio").write_bytes(b"minio")
    for name, content in {"manifest.json": [{"Config": "a.json", "RepoTags": ["wandb/local:0.83.0"]}], "a.json": {"architecture": "amd64"}}.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    with tarfile.open(folder / "image.tar", "w") as archive:
        for name in ("manifest.json", "a.json"):
            archive.add(folder / name, name)
    (folder / "wheels").mkdir()
    for name, value in packed_once(str(folder)).items():
        patch.setenv(name, value)
    lab("up", str(folder / "topology.yml"), "--name", NAME)
    try:
        # overlayfs notes on a merged folder that it is one when it is first listed, which changes its ctime.
        marks(list(TOPOLOGY["hosts"]))
        newer(list(TOPOLOGY["hosts"]))
        inventory = yaml.safe_load(lab("inventory", NAME))
        inventory["all"]["vars"] |= {
            "wandb_url": "https://wandb.example.com",
            "wandb_s3_url": "https://s3.example.com",
            "wandb_license": "eyJhbGciOiJub25lIn0.eyJzdWIiOiJsYWIiLCJleHAiOjQxMDI0NDQ4MDB9.bGFi\n",  # as a file gives it
            "wandb_mysql_password": "p4ssword-of-mysql",
            "wandb_s3_secret_key": "s3cret-key-of-wandb",
            "wandb_minio_root_user": "root-of-minio",
            "wandb_minio_root_password": "p4ssword-of-minio",
            "mysql_debian_suite": "sid",
            "minio_drives": ["/mnt/disk1", "/mnt/disk2"],
            "minio_source": str(folder / "minio"),
            "minio_sha256": hashlib.sha256(b"minio").hexdigest(),
            "server_image_archive": str(folder / "image.tar"),
            "server_image_archive_sha256": hashlib.sha256((folder / "image.tar").read_bytes()).hexdigest(),
            "tools_wheel_dir": str(folder / "wheels"),
            "certificate_ca_dir": str(folder / "ca"),
            "verify_report_dir": str(folder / "report"),
        }
        yield inventory
    finally:
        lab("down", NAME)


def changed(good, case: Case) -> dict:
    """The good inventory with the case's one wrong thing."""
    inventory = copy.deepcopy(good)
    if not (case.cluster or case.host):
        inventory["all"]["hosts"] = {ONE: good["all"]["hosts"][ONE]}
        for group in inventory["all"]["children"].values():
            group["hosts"] = {ONE: {}}
        inventory["all"]["vars"]["minio_allow_fragile_layout"] = True
    inventory["all"]["vars"] |= case.variables
    for group, hosts in case.groups.items():
        inventory["all"]["children"][group]["hosts"] = {host: {} for host in hosts}
    if case.host:
        inventory["all"]["hosts"][case.host] |= case.host_variables
    return inventory


def play(
    tmp_path: Path, inventory: dict, playbook: str, *arguments: str, command: str = "", top: Path = TOP
) -> subprocess.CompletedProcess:
    path = tmp_path / "hosts.yml"
    path.write_text(yaml.safe_dump(inventory), encoding="utf-8")
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": f"{top / 'collections'}:{CACHE / 'collections'}",
        "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
        "ANSIBLE_NOCOLOR": "1",
    }
    command = command or str(Path(sys.executable).parent / "ansible-playbook")
    return subprocess.run(
        [command, "-i", str(path), playbook, *arguments],
        cwd=top,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def sentences(done: subprocess.CompletedProcess) -> set[str]:
    """The messages of all failed tasks; a host in an item's place would show as a second one."""
    found = set()
    for line in re.findall(r"^(?:fatal|failed): \[.*?=> (\{.*\})$", done.stdout, re.MULTILINE):
        result = json.loads(line)
        # That a sentence could not be made of its parts is none.
        assert not re.search("Task failed: Finalization|Error while (resolving|evaluating)", result["msg"]), result["msg"]
        # What a loop failed for is in its items, which have lines of their own.
        if result["msg"] != "One or more items failed":
            found.add(result["msg"])
    return found


def marks(hosts: list[str]) -> None:
    """The time of now on each host, as a file in its memory."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda host: inside(host, "touch /run/marker"), hosts))


def newer(hosts: list[str]) -> dict[str, list[str]]:
    """The files on each host's own file systems that are newer than the mark."""
    find = f"find / /mnt/disk* -xdev -regextype posix-extended -not -regex '{NOISE}' \\( -newer /run/marker -o -cnewer /run/marker \\) 2>/dev/null || true"
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        found = dict(zip(hosts, pool.map(lambda host: inside(host, find).split(), hosts)))
    return {host: paths for host, paths in found.items() if paths}


def test_a_change_would_be_seen(good):
    hosts = list(good["all"]["hosts"])
    marks(hosts)
    assert newer(hosts) == {}
    inside("app1", "mkdir /etc/baremetal-wandb; chmod 0600 /etc/fstab")
    try:
        assert {host: set(paths) for host, paths in newer(hosts).items()} == {"app1": {"/etc", "/etc/fstab", "/etc/baremetal-wandb"}}
    finally:
        inside("app1", "rmdir /etc/baremetal-wandb; chmod 0644 /etc/fstab")


def test_good_input_passes(good, checkout, tmp_path):
    """Also from a checkout in a folder whose path has spaces."""
    hosts = list(good["all"]["hosts"])
    marks(hosts)
    done = play(tmp_path, good, "playbooks/preflight.yml", top=checkout)
    assert done.returncode == 0, done.stdout
    assert newer(hosts) == {}


REFUSED: list[str] = []
SAME_HOSTS = [case for case in CASES if not case.before]
OTHER_HOSTS = [case for case in CASES if case.before]


def refused(good, tmp_path: Path, case: Case) -> None:
    done = play(tmp_path, changed(good, case), "site.yml", *case.arguments)
    assert done.returncode != 0, done.stdout
    said = sentences(done)
    assert len(said) == 1, done.stdout
    (sentence,) = said
    assert [part for part in case.says if part not in sentence] == [], sentence
    assert sentence.count("for example") == case.examples, sentence
    REFUSED.append(case.name)


@pytest.mark.parametrize("case", SAME_HOSTS, ids=lambda case: case.name)
def test_bad_input(good, tmp_path, case):
    refused(good, tmp_path, case)


def test_none_of_it_changed_a_host(good):
    """Since test_good_input_passes set the marks. One look for all, since it takes as long as one of them; it names the file that was written."""
    assert set(REFUSED) == {case.name for case in SAME_HOSTS}
    assert newer(list(good["all"]["hosts"])) == {}


@pytest.mark.parametrize("case", OTHER_HOSTS, ids=lambda case: case.name)
def test_bad_host(good, tmp_path, case):
    hosts = list(good["all"]["hosts"])
    inside(case.host, case.before)
    try:
        marks(hosts)
        refused(good, tmp_path, case)
        assert newer(hosts) == {}
    finally:
        inside(case.host, case.after)


def test_an_old_ansible(good, tmp_path):
    folder = CACHE / "ansible-core" / OLD_ANSIBLE
    if not (folder / "bin" / "ansible-playbook").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([folder / "bin" / "pip", "install", "--quiet", f"ansible-core=={OLD_ANSIBLE}"], check=True, timeout=300)
    hosts = list(good["all"]["hosts"])
    marks(hosts)
    done = play(tmp_path, good, "site.yml", command=str(folder / "bin" / "ansible-playbook"))
    assert done.returncode != 0
    said = sentences(done)
    assert len(said) == 1, done.stdout + done.stderr
    for part in ("for example", "ansible-core", OLD_ANSIBLE):
        assert part in list(said)[0]
    assert newer(hosts) == {}


def test_a_misspelt_variable_is_named_with_the_nearest_known_one(good, tmp_path):
    inventory = copy.deepcopy(good)
    inventory["all"]["vars"]["wandb_mysql_pasword"] = "x"
    done = play(tmp_path, inventory, "playbooks/preflight.yml")
    assert done.returncode == 0
    text = " ".join((done.stdout + done.stderr).split())
    assert re.search(r"WARNING\]: .*wandb_mysql_pasword.*wandb_mysql_password", text)
