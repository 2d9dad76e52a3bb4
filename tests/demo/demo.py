# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Shows the whole: boots the cluster lab, makes secrets, runs site.yml over SSH, which ends with the real client's proof.

    demo.py up      run it; again: changes nothing and says so
    demo.py down    remove it

The site is that of inventories/cluster, as a user would copy it; the lab gives the hosts' addresses and where packages come from.
WANDB_IMAGE and WANDB_LICENSE use a real image instead of the test double, where a registry is reachable.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
BIN = TOP / ".venv" / "bin"
PYTHON = str(BIN / "python")
CACHE = Path.home() / ".cache" / "baremetal-wandb"
LAB = "demo"
STATE = CACHE / "labs" / LAB
SECRETS = STATE / "group_vars" / "all" / "secrets.yml"
REPORT = TOP / "wandb-report"
SITE = ("-i", "inventories/cluster", "-i", str(STATE / "inventory.yml"))
STARTED = time.monotonic()


def say(text: str) -> None:
    print(f"\n[{time.monotonic() - STARTED:5.0f} s] {text}", flush=True)


ENVIRONMENT = {
    **os.environ,
    **({"ANSIBLE_FORCE_COLOR": "1"} if sys.stdout.isatty() else {}),
    "PATH": f"{BIN}:{os.environ['PATH']}",
    "ANSIBLE_COLLECTIONS_PATH": f"{TOP / 'collections'}:{CACHE / 'collections'}",
    "PYTHONUNBUFFERED": "1",
}


def run(*words: str) -> str:
    """Run a command with its output shown as it comes; returns the output, ends the demo when the command fails."""
    lines = []
    with subprocess.Popen(words, cwd=TOP, env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, errors="replace") as process:
        for line in process.stdout:
            print(line, end="", flush=True)
            lines.append(line)
    if process.returncode:
        what = " ".join(words[:3])
        sys.exit(f"\ndemo: {what} ... ended with exit code {process.returncode}; its own words are above. Then: make demo, or make demo-down")
    return "".join(lines)


def lab(*words: str) -> str:
    return run(PYTHON, "tests/lab/lab.py", *words)


def up() -> None:
    if os.geteuid() != 0:
        sys.exit("demo: the lab boots hosts of its own, for which you must be root, for example: sudo make demo")
    if os.environ.get("WANDB_IMAGE") and not os.environ.get("WANDB_LICENSE"):
        sys.exit("demo: a real image needs a licence: make demo WANDB_IMAGE=... WANDB_LICENSE=...")
    say("Parts: MinIO, the application's image, Python libraries (built once, a few minutes)")
    lab("part", "minio", "standin-image", "wheels")
    say("Hosts: application, proxy, database, four MinIO nodes, a client")
    lab("up", "tests/lab/topologies/cluster.yml", "--name", LAB)
    run(PYTHON, "tests/lab/overlay.py", LAB)
    if not SECRETS.exists():
        say("Secrets: playbooks/secrets.yml")
        run("ansible-playbook", *SITE, "playbooks/secrets.yml", "-e", f"secrets_file={SECRETS}")
    say("Site: ansible-playbook site.yml, over SSH")
    begun = time.monotonic()
    output = run("ansible-playbook", *SITE, "site.yml")
    summary(output, time.monotonic() - begun)


def recap(output: str) -> dict[str, int]:
    """How much changed on each host of the site, by the last recap."""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", output)
    found = re.findall(r"^(\S+) +: ok=\d+ +changed=(\d+)", plain[plain.rindex("PLAY RECAP") :], re.MULTILINE)
    return {host: int(changed) for host, changed in found if host != "localhost"}


def outcome(changed: dict[str, int], seconds: float) -> str:
    if any(changed.values()):
        return f"The site is up: site.yml took {seconds:.0f} s and changed {sum(changed.values())} things on {sum(map(bool, changed.values()))} hosts."
    return f"Nothing changed: site.yml looked at {len(changed)} hosts for {seconds:.0f} s and found all as it should be."


def log_in(site: dict[str, str]) -> str:
    """How to use the site with the client, which is there once a key has proven it. The test double has a key from the start, a real image none."""
    if site.get("wandb_api_key"):
        key = f"grep ^wandb_api_key {STATE}/group_vars/all/lab.yml"
        return f"in that shell: /opt/baremetal-wandb/client/bin/wandb login --host={site['wandb_url']} with the key that this prints here: {key}"
    return "sign up in a browser, make a key (User settings, API keys), and make demo with WANDB_API_KEY=... beside WANDB_IMAGE and WANDB_LICENSE"


def summary(output: str, seconds: float) -> None:
    changed = recap(output)
    listed = subprocess.run(["ansible-inventory", *SITE, "--list"], cwd=TOP, env=ENVIRONMENT, check=True, capture_output=True, text=True)
    inventory = json.loads(listed.stdout)
    hosts = inventory["_meta"]["hostvars"]
    some = next(iter(hosts.values()))
    print("\n" + "=" * 100)
    print(outcome(changed, seconds))
    print(f"\n  W&B           {some['wandb_url']}\n  object store  {some['wandb_s3_url']}\n")
    for group in ("wandb_proxy", "wandb_server", "wandb_mysql", "wandb_minio", "wandb_client"):
        names = inventory.get(group, {}).get("hosts", [])
        print(f"  {group:<13}", ", ".join(f"{name} {hosts[name]['ansible_host']}" for name in names))
    reports = sorted(path for path in REPORT.glob("**/*") if path.suffix in (".html", ".json", ".xml"))
    print(f"\n  report        {', '.join(map(str, reports)) or 'none'}")
    proxy = inventory["wandb_proxy"]["hosts"][0]
    ca = some.get("wandb_ca_file", "/etc/ssl/baremetal-wandb/ca.crt")
    print(f"""
  a shell       .venv/bin/python tests/lab/lab.py ssh {LAB} client1
  logs          .venv/bin/python tests/lab/lab.py ssh {LAB} app1 -- sudo journalctl -u wandb-local
  log in        {log_in(some)}
                in a browser: let both names resolve to {hosts[proxy]['ansible_host']}, trust the CA in {proxy}:{ca}, and sign up
  again         make demo
  remove        make demo-down""")
    print("=" * 100)


def main(words: list[str]) -> None:
    if words == ["up"]:
        up()
    elif words == ["down"]:
        lab("down", LAB)
        print("demo: removed; the cache in ~/.cache/baremetal-wandb stays")
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
