# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is gathered of a host, and what of a long log."""

from __future__ import annotations

from ansible_collections.baremetal.wandb.plugins.module_utils import _log_bundle
from ansible_collections.baremetal.wandb.plugins.module_utils._log_bundle import gathered, tail


def test_what_a_host_does_not_have_is_left_out(monkeypatch, tmp_path):
    (tmp_path / "a.log").write_text("of a\n", encoding="utf-8")
    (tmp_path / "dir.log").mkdir()
    monkeypatch.setattr(_log_bundle, "FILES", (str(tmp_path / "*.log"), str(tmp_path / "none")))
    asked = []

    def run(command):
        asked.append(command)
        return {"uname": "Linux\n", "journalctl": "-- No entries --\n"}.get(command[0]) if "nginx" not in command else "a line of nginx\n"

    found = dict(gathered(run, "1 hour ago", 1000))
    assert found.pop("files%s/a.log" % tmp_path) == "of a\n"
    assert {"host/system.txt": "Linux\n", "journal/nginx.log": "a line of nginx\n"}.items() <= found.items()
    assert "journal/minio.log" not in found and "versions/docker.txt" not in found
    assert ["journalctl", "--no-pager", "--output", "short-iso", "--since", "1 hour ago", "--unit", "wandb-local"] in asked


def test_of_a_long_log_the_last_whole_lines_are_kept(tmp_path):
    log = tmp_path / "log"
    log.write_text("first secret\nsecond\nthird\n", encoding="utf-8")
    assert tail(str(log), 1000) == "first secret\nsecond\nthird\n"
    assert tail(str(log), 18) == "(its beginning is left out)\nsecond\nthird\n"
    assert tail(str(log), 13) == "(its beginning is left out)\nthird\n"
