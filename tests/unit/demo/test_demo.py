# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the demo says of a run is what the run said."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[3]
# A play of the lab's own comes first; the last recap is the site's. Colours as on a terminal.
OUTPUT = """
PLAY RECAP *********************************************************************
app1                       : ok=9    changed=9    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0

TASK [Say changed=7] ***********************************************************
PLAY RECAP *********************************************************************
\x1b[0;33mapp1\x1b[0m                       : \x1b[0;32mok=86  \x1b[0m \x1b[0;33mchanged=20  \x1b[0m unreachable=0    failed=0    skipped=109
\x1b[0;32mdb1\x1b[0m                        : \x1b[0;32mok=44  \x1b[0m changed=0    unreachable=0    failed=0    skipped=135
localhost                  : ok=2    changed=0    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0
minio1                     : ok=40   changed=3    unreachable=0    failed=0    skipped=40   rescued=0    ignored=0
"""
SITE = {"wandb_url": "https://wandb.example.com", "wandb_s3_url": "https://s3.example.com", "ansible_host": "192.0.2.13"}


@pytest.fixture(name="demo")
def loaded(monkeypatch):
    for name in ("WANDB_IMAGE", "WANDB_LICENSE", "WANDB_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    spec = importlib.util.spec_from_file_location("demo_under_test", TOP / "tests/demo/demo.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_last_recap_counts_and_the_controller_is_no_host_of_the_site(demo):
    assert demo.recap(OUTPUT) == {"app1": 20, "db1": 0, "minio1": 3}


def test_output_without_a_recap_is_an_error(demo):
    with pytest.raises(ValueError, match="substring"):
        demo.recap("ok=1 changed=1")


def test_outcome(demo):
    assert demo.outcome({"app1": 20, "db1": 0, "minio1": 3}, 61.4) == "The site is up: site.yml took 61 s and changed 23 things on 2 hosts."
    assert demo.outcome({"app1": 0, "db1": 0}, 61.4) == "Nothing changed: site.yml looked at 2 hosts for 61 s and found all as it should be."


def summary(demo, monkeypatch, capsys, **site):
    inventory = {"_meta": {"hostvars": {"proxy1": {**SITE, **site}}}, "wandb_proxy": {"hosts": ["proxy1"]}}
    monkeypatch.setattr(demo.subprocess, "run", lambda *_args, **_options: subprocess.CompletedProcess([], 0, stdout=json.dumps(inventory)))
    demo.summary(OUTPUT, 60)
    return capsys.readouterr().out


def test_summary_of_the_test_double_says_where_its_key_is(demo, monkeypatch, capsys):
    text = summary(demo, monkeypatch, capsys, wandb_api_key="local-not-to-be-seen")
    assert (
        "changed 23 things on 2 hosts" in text
        and "wandb_proxy   proxy1 192.0.2.13" in text
        and "client/bin/wandb login --host=https://wandb.example.com" in text
    )
    assert "local-not-to-be-seen" not in text and f"grep ^wandb_api_key {demo.STATE}/group_vars/all/lab.yml" in text


def line_of(text: str, name: str) -> str:
    """What the summary says under a name."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"  {name} ")]
    return line.removeprefix(f"  {name}").strip()


def test_summary_names_the_report_where_the_run_left_it(demo, monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(demo, "REPORT", tmp_path)
    assert line_of(summary(demo, monkeypatch, capsys), "report") == "none"
    for name in ("verify.html", "sub/verify.json", "verify.xml", "verify.log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = line_of(summary(demo, monkeypatch, capsys), "report").split(", ")
    assert found == [f"{tmp_path}/{name}" for name in ("sub/verify.json", "verify.html", "verify.xml")]


def test_summary_says_how_to_look_and_how_to_remove_and_that_is_what_removes(demo, monkeypatch, capsys):
    text = summary(demo, monkeypatch, capsys)
    assert line_of(text, "a shell") == ".venv/bin/python tests/lab/lab.py ssh demo client1"
    assert line_of(text, "logs") == ".venv/bin/python tests/lab/lab.py ssh demo app1 -- sudo journalctl -u wandb-local"
    assert "let both names resolve to 192.0.2.13, trust the CA in proxy1:/etc/ssl/baremetal-wandb/ca.crt" in text
    assert (line_of(text, "again"), line_of(text, "remove")) == ("make demo", "make demo-down")
    assert re.search(r"^demo-down: .*\n\t@.venv/bin/python tests/demo/demo.py down$", (TOP / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    ran = []
    monkeypatch.setattr(demo, "run", lambda *words: ran.append(words[1:]))
    demo.main(["down"])
    assert ran == [("tests/lab/lab.py", "down", "demo")]


@pytest.mark.parametrize("site", [{}, {"wandb_api_key": ""}])
def test_summary_of_a_real_image_sends_to_no_key_that_is_not_there(demo, monkeypatch, capsys, site):
    text = summary(demo, monkeypatch, capsys, **site)
    assert "grep" not in text and "sign up in a browser" in text and "WANDB_API_KEY=" in text


def test_a_real_image_without_a_licence_is_refused_before_anything_is_booted(demo, monkeypatch):
    monkeypatch.setattr(demo.os, "geteuid", lambda: 0)
    monkeypatch.setattr(demo, "run", lambda *words: pytest.fail(f"ran {words}"))
    monkeypatch.setenv("WANDB_IMAGE", "docker.io/wandb/local:0.83.0")
    with pytest.raises(SystemExit, match="needs a licence: make demo WANDB_IMAGE=... WANDB_LICENSE=..."):
        demo.main(["up"])


def test_only_root_can_boot_hosts(demo, monkeypatch):
    monkeypatch.setattr(demo.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(demo, "run", lambda *words: pytest.fail(f"ran {words}"))
    with pytest.raises(SystemExit, match="for example: sudo make demo"):
        demo.main(["up"])
