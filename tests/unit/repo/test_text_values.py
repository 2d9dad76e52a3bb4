# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An option of type bool or int that comes as text, as from `-e name=false`, does what the value does that it means; other text is refused."""

from __future__ import annotations

import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from rendered import role_file
from repository import ROLES, TOP
from test_typed_options import options

pytestmark = pytest.mark.usefixtures("compiled_once", "own_filters")

HOSTS = {"wandb_mysql": ["db1"], "wandb_minio": ["minio1", "minio2"], "wandb_server": ["app1"], "wandb_proxy": ["proxy1"]}
SITE: dict[str, t.Any] = {
    "groups": HOSTS,
    "group_names": list(HOSTS),
    "hostvars": {host: {"wandb_address": f"10.0.0.{number}"} for number, host in enumerate(["db1", "minio1", "minio2", "app1", "proxy1"], 1)},
    "ansible_play_hosts": ["minio1", "minio2"],
    "ansible_check_mode": False,
    "ansible_facts": {"os_family": "Debian", "distribution": "Debian", "distribution_major_version": "13", "distribution_release": "trixie"},
    "wandb_url": "https://wandb.example.com",
    "wandb_s3_url": "https://s3.example.com",
    "minio_drives": ["/mnt/disk1"],
    "mysql_password": "Password-1",
    "server_mysql_password": "Password-1",
    "mysql_user": "wandb_local",
    "mysql_tls_cert_file": "/srv/tls/db.pem",
    "__mysql_found": {"data": "nothing", "foreign": "", "memory": "32768", "unrotated": "", "loose": "mysql-server", "held": "mysql-server-8.4"},
    "__mysql_version": "8.4.6",
    "__mysql_installed": True,
    "__nginx_found": {"stdout_lines": ["nginx version: nginx/1.26.3", "", "", ""]},
    "certificate_cert_file": "",
}


def render(role: str, text: str, host: str, **variables: t.Any) -> t.Any:
    files = [role_file(one, f"{kind}/main.yml") for one in dict.fromkeys(("wandb", role)) for kind in ("defaults", "vars") if exists(one, kind)]
    everything = {name: value for file in files for name, value in file.items()}
    own = {**SITE, "inventory_hostname": host, "wandb_address": SITE["hostvars"][host]["wandb_address"]}
    return Templar(loader=DataLoader(), variables={**everything, **own, **variables}).template(trust_as_template(text))


def exists(role: str, kind: str) -> bool:
    return (TOP / "roles" / role / kind / "main.yml").exists()


def template(path: str) -> str:
    return (TOP / "roles" / path).read_text(encoding="utf-8")


def rules(role: str, path: str, name: str, options_of_it: t.Iterable[str]) -> str:
    """What the rules of a task say of options."""
    (task,) = [task for task in role_file(role, path) if task["name"] == name]
    key = next(key for key in task["vars"] if key.endswith("rules"))
    held = ", ".join(f"({rule['holds'].strip()[2:-2]})" for rule in task["vars"][key] if any(one in rule["holds"] for one in options_of_it))
    return "{{ [" + held + "] | map('ternary', true, false) }}"


def as_text(value: t.Any) -> t.Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if isinstance(value, int) else value


def same(role: str, expression: str, host: str, **variables: t.Any) -> t.Any:
    """What values give, which as text give the same."""
    given = render(role, expression, host, **variables)
    assert render(role, expression, host, **{name: as_text(value) for name, value in variables.items()}) == given
    return given


@pytest.mark.parametrize(
    ("role", "host", "expression", "variables"),
    [
        ("nginx", "proxy1", template("nginx/templates/sites.conf.j2"), [{"nginx_ipv6": False}, {"nginx_ipv6": True}]),
        ("minio", "minio1", template("minio/templates/minio.j2"), [{"minio_parity": 0}, {"minio_parity": 1, "wandb_minio_port": 9005}]),
        (
            "minio",
            "minio1",
            "{{ _minio_layout_rules | rejectattr('holds') | length }}",
            [{"minio_allow_fragile_layout": False}, {"minio_allow_fragile_layout": True}],
        ),
        ("wandb", "app1", "{{ wandb_minio_endpoints }}", [{"wandb_minio_port": 9005}]),
        ("server", "app1", "{{ _server_mysql }}", [{"wandb_mysql_port": 3307, "wandb_mysql_certificate": value} for value in (False, True)]),
        ("server", "app1", "{{ _server_mysql | baremetal.wandb.mysql_url }}", [{"wandb_mysql_port": 3307}]),
        ("certificate", "db1", "{{ [certificate_wanted, certificate_leaf] }}", [{"wandb_mysql_certificate": False}, {"wandb_mysql_certificate": True}]),
        ("bucket", "app1", "{{ bucket_admin_access_key }}", [{"bucket_minio": False}, {"bucket_minio": True}]),
        ("mysql", "db1", "{{ _mysql_to_hold }}", [{"mysql_hold": False}, {"mysql_hold": True}]),
        (
            "mysql",
            "db1",
            "{{ [_mysql_tls_files, _mysql_own_settings] }}",
            [{"mysql_certificate": value, "mysql_require_tls": value} for value in (False, True)],
        ),
        ("mysql", "db1", "{{ _mysql_tuning }}", [{"mysql_memory_share": 0, "mysql_iops": 0}, {"mysql_memory_share": 5, "mysql_iops": 5000}]),
        ("verify", "app1", "{{ _verify_mysql_certificate }}", [{"wandb_mysql_certificate": False}, {"wandb_mysql_certificate": True}]),
        ("preflight", "app1", "{{ _preflight_needs }}", [{"wandb_mysql_port": 3307, "wandb_server_port": 8085, "wandb_minio_port": 9005}]),
    ],
    ids=lambda value: value[:40].splitlines()[0] if isinstance(value, str) else "",
)
def test_text_does_what_its_value_does(role, host, expression, variables):
    found = [same(role, expression, host, **given) for given in variables]
    assert len(found) == 1 or found[0] != found[1]


@pytest.mark.parametrize(
    ("role", "path", "name", "variables"),
    [
        (
            "mysql",
            "tasks/preflight.yml",
            "Stop for what cannot work",
            [
                {"mysql_iops": iops, "mysql_memory_share": share, "mysql_backup_interval_hours": hours}
                for iops, share, hours in ((0, 0, 24), (5, 4, 5), (100, 91, 168))
            ],
        ),
        (
            "certificate",
            "tasks/input.yml",
            "Stop for what cannot work",
            [{"certificate_renew_days": 5, "certificate_days": 10}, {"certificate_renew_days": 10, "certificate_days": 5}],
        ),
    ],
)
def test_rules_judge_text_as_its_value(role, path, name, variables):
    found = [same(role, rules(role, path, name, one), "db1", **one) for one in variables]
    assert all(found[0]) and not [judged for judged in found[1:] if all(judged)]


@pytest.mark.parametrize("text", ["maybe", "many", ""])
def test_other_text_is_refused(text):
    accepted, known = [], options()
    for role in ROLES:
        for name, option in role_file(role, "meta/argument_specs.yml")["argument_specs"]["main"].get("options", {}).items():
            if name in known and not ArgumentSpecValidator({name: {"type": option["type"]}}).validate({name: text}).error_messages:
                accepted.append(name)
    assert accepted == []
