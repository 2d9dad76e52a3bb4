# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role nginx refuses, and its configuration as it is rendered, before gixy-ng."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest
from repository import TOP
from test_text_values import render, template

pytestmark = pytest.mark.usefixtures("compiled_once", "own_filters")

# What gixy-ng finds and is meant so.
MEANT = {
    "host_spoofing": "Host goes to the upstream as the client sent it, since presigned URLs are signed with it; unknown names get no answer",
    "default_server_flag": "a site of somebody else on the same nginx may be the default, and is asked for by name then",
}
# More of that where a variant says so: HSTS is off, and nginx 1.18 answers unknown names, with nothing.
MEANT_IN = {"nothing": {"hsts_header"}, "nginx 1.18": {"hsts_header"}}
SITE = {"name": "console.example.com", "upstreams": ["192.0.2.21:9001"]}
TWO = {"name": "two.example.com", "upstreams": ["192.0.2.21:1", "192.0.2.22:1"], "certificate_file": "/a.crt", "certificate_key_file": "/a.key"}
VARIANTS: dict[str, dict[str, t.Any]] = {
    "defaults": {},
    "everything": {
        "nginx_sites": [SITE, TWO],
        "nginx_trusted_proxies": ["192.0.2.10", "198.51.100.0/24"],
        "nginx_ipv6": True,
        "nginx_s3_upstream_tls": True,
        "nginx_tls_profile": "modern",
    },
    "nothing": {"nginx_s3_upstreams": [], "nginx_hsts": "", "nginx_access_log": "off"},
    "nginx 1.18": {"__nginx_found": {"stdout_lines": ["nginx/1.18.0", "", "", ""]}},
}


def configuration(**variables: t.Any) -> str:
    """Both parts of the file, as a whole configuration of nginx."""
    first, rest = template("nginx/templates/baremetal-wandb.conf.j2").split("\n", 1)
    assert "sites.conf.j2" in first
    parts = [render("nginx", text, "proxy1", _nginx_fingerprint="0", **variables) for text in (template("nginx/templates/sites.conf.j2"), rest)]
    return "user www-data;\nworker_rlimit_nofile 8192;\nevents { worker_connections 1024; }\nhttp {\n%s\n}\n" % "\n".join(parts)


def findings(text: str, folder: Path) -> dict[str, str]:
    """What gixy-ng says, by the name of its check."""
    path = folder / "nginx.conf"
    path.write_text(text, encoding="utf-8")
    command = [str(Path(sys.executable).with_name("gixy")), "--format", "json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    assert done.stdout, done.stderr
    return {one["plugin"]: "%s %s" % (one["reason"], one["config"]) for one in json.loads(done.stdout)}


@pytest.mark.parametrize("variant", VARIANTS)
def test_gixy_finds_nothing_that_is_not_meant(tmp_path, variant):
    found = findings(configuration(**VARIANTS[variant]), tmp_path)
    assert {name: text for name, text in found.items() if name not in MEANT.keys() | MEANT_IN.get(variant, set())} == {}


def test_what_is_meant_is_found(tmp_path):
    assert findings(configuration(), tmp_path).keys() == MEANT.keys()


def test_gixy_finds_what_is_broken(tmp_path):
    assert "weak_ssl_tls" in findings(configuration().replace("ssl_protocols TLSv1.2", "ssl_protocols TLSv1 TLSv1.2"), tmp_path)


def test_a_file_for_each_kind_of_site():
    text = configuration(**VARIANTS["everything"])
    assert re.findall(r"(?m)^ *server_name (\S+);", text) == ["wandb.example.com", "s3.example.com", "console.example.com", "two.example.com"]
    assert text.count("return 301") == 1 and "server_name wandb.example.com s3.example.com console.example.com two.example.com;" in text
    assert text.count("ssl_protocols TLSv1.3;") == 5 and text.count("least_conn") == 2 and text.count("ssl_certificate /a.crt;") == 1
    assert text.count("proxy_pass https://baremetal_wandb_s3;") == 1 and text.count("proxy_pass http://") == 3


def test_what_is_off_is_not_there():
    text = configuration(**VARIANTS["nothing"])
    assert "Strict-Transport-Security \"" not in text and "log_format" not in text and "s3.example.com" not in text
    assert set(re.findall(r"access_log (.*);", text)) == {"off"}


@pytest.mark.parametrize(
    ("release", "listens", "own"), [("1.18.0", "listen 443 ssl http2;", 0), ("1.25.0", "listen 443 ssl http2;", 0), ("1.25.1", "listen 443 ssl;", 3)]
)
def test_http2_as_the_release_has_it(release, listens, own):
    text = configuration(__nginx_found={"stdout_lines": ["nginx/" + release, "", "", ""]})
    assert text.count(listens) == 3 and text.count("http2 on;") == own


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, ""),
        ({"nginx_sites": [SITE]}, ""),
        ({"nginx_sites": [{**SITE, "name": "s3.example.com"}]}, "Each of nginx_sites needs a name of its own"),
        ({"nginx_sites": [SITE, SITE]}, "Each of nginx_sites needs a name of its own"),
        ({"nginx_sites": [{**SITE, "name": "https://x.example.com"}]}, "nginx_sites must list host names"),
        ({"nginx_sites": [{**SITE, "upstreams": []}]}, "nginx_sites must list host names"),
        ({"nginx_sites": [{**SITE, "upstreams": ["192.0.2.21"]}]}, "upstreams as ADDRESS:PORT"),
        ({"nginx_access_log": "x.log"}, "nginx_access_log must be the path of a file or off"),
        ({"nginx_url": "https://admin:secretive@wandb.example.com"}, "wandb_url must be a host name without user information"),
        ({"nginx_s3_url": "https://a:secretive@s3.example.com"}, "wandb_s3_url must be a host name without user information"),
        ({"nginx_url": "http://wandb.example.com"}, "wandb_url must be https"),
        ({"nginx_s3_url": "https://wandb.example.com"}, "wandb_url and wandb_s3_url both name wandb.example.com"),
        ({"__nginx_holders": ["port 443 is held by apache2 (process 7)"]}, "and port 443 is held by apache2 (process 7): stop"),
    ],
)
def test_what_cannot_work_is_refused_in_a_sentence_with_an_example(given, words):
    said = render("nginx", "{{ _nginx_rules | rejectattr('holds') | map(attribute='sentence') | list }}", "proxy1", **given)
    assert len(said) == bool(words), said
    assert "secretive" not in str(said)
    assert not said or (words in said[0] and said[0].count("for example") == 1)


def test_who_holds_a_port_is_told(tmp_path):
    """The lines of ss, of which one is another namespace's without a process, one is of IPv6 alone, and one of the nginx that is asked for."""
    (tmp_path / "ss").write_text(
        "#!/bin/sh\ncat <<'END'\n"
        'LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:(("nginx",pid=9,fd=6),("nginx",pid=8,fd=6))\n'
        'LISTEN 0 511 127.0.0.1:443 0.0.0.0:* users:(("apache2",pid=77,fd=4),("apache2",pid=78,fd=4))\n'
        'LISTEN 0 511 [::]:443 [::]:* users:(("caddy",pid=99,fd=4))\n'
        "LISTEN 0 511 *:80 *:*\nEND\n",
        encoding="utf-8",
    )
    (tmp_path / "ss").chmod(0o755)
    (tmp_path / "pid").write_text("8\n", encoding="utf-8")
    script = str(TOP / "roles/nginx/files/holders.sh")

    def told(*words: str) -> list[str]:
        path = {"PATH": "%s:/usr/bin:/bin" % tmp_path}
        return subprocess.run(["sh", script, *words], capture_output=True, text=True, check=True, env=path).stdout.splitlines()

    apache, caddy = "port 443 is held by apache2 (process 77)", "port 443 is held by caddy (process 99)"
    nameless = "port 80 is held by a program that ss cannot name"
    assert told(str(tmp_path / "pid")) == [apache, nameless]
    assert told(str(tmp_path / "pid"), "ipv6") == [apache, caddy, nameless]
    assert "port 80 is held by nginx (process 9)" in told(str(tmp_path / "nothing"))
