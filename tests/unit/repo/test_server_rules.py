# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role server refuses and warns of, and what its container is told, rendered by Ansible as it stands in the role."""

from __future__ import annotations

import base64
import json
import subprocess
import time
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from rendered import role_file
from repository import TOP

pytestmark = pytest.mark.usefixtures("compiled_once", "own_filters")

TASKS = role_file("server", "tasks/preflight.yml")
SETTINGS = role_file("server", "meta/argument_specs.yml")["argument_specs"]["main"]["options"]["server_settings"]
ARCHIVE = {"server_image_archive": __file__, "server_image_archive_sha256": "a" * 64}
DIGEST = "@sha256:" + "a" * 64


def license_of(days: float | None) -> str:
    claims = {} if days is None else {"exp": time.time() + days * 86400}
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "RS256"}, claims)) + ".c2lnbmVk"


def looked(said: str, code: int = 0) -> dict[str, t.Any]:
    return {"rc": code, "stdout": said, "stdout_lines": said.splitlines()}


LOOKED = looked("sha256:" + "b" * 64 + "\nhost 8 16000\ncontrols cpuset cpu io memory pids")


def templar(**variables: t.Any) -> Templar:
    everything = {
        **role_file("wandb", "defaults/main.yml"),
        **role_file("server", "defaults/main.yml"),
        **role_file("server", "vars/main.yml"),
        "inventory_hostname": "app1",
        "groups": {"wandb_server": ["app1"], "wandb_proxy": ["app1"]},
        "hostvars": {"app1": {"wandb_address": "10.0.0.4"}},
        "ansible_facts": {"os_family": "Debian", "distribution": "Debian", "architecture": "x86_64"},
        "_server_settings_known": SETTINGS["options"],  # Ansible's lookups are there in a run of Ansible alone
        "wandb_url": "https://wandb.example.com",
        "wandb_s3_url": "https://s3.example.com",
        "wandb_license": license_of(365),
        "wandb_mysql_host": "10.0.0.2",
        "wandb_mysql_password": "p4ssword-of-mysql",
        "wandb_s3_secret_key": "s3cret-key-of-wandb",
        "__server_image": LOOKED,
        **variables,
    }
    return Templar(loader=DataLoader(), variables=everything)


def task(name: str) -> dict[str, t.Any]:
    (found,) = [one for one in TASKS if one["name"] == name]
    return found


def render(text: str, **variables: t.Any) -> t.Any:
    return templar(**variables).template(trust_as_template(text))


def refused(**variables: t.Any) -> list[str]:
    return render("{{ __server_refusals }}", **task("Stop for what cannot work")["vars"], **variables)


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({}, ""),
        # The image.
        ({"server_image": "docker.io/wandb/local" + DIGEST}, ""),
        ({"server_image": "registry.example.com:5000/wandb/local:0.83.0" + DIGEST}, ""),
        ({"server_image": "docker.io/wandb/local"}, "server_image must name registry, image and a release or a digest"),
        ({"server_image": "wandb/local:0.83.0"}, "server_image must name registry"),
        ({"server_image": "docker.io/wandb/local@sha256:abc"}, "server_image must name registry"),
        ({"server_image": "docker.io/wandb/local:latest"}, "never latest"),
        ({"server_image": "docker.io/wandb/local:latest" + DIGEST}, "never latest"),
        ({"server_image": "docker.io/wandb/local:latest", "server_allow_latest": True}, ""),
        ({"server_image": "docker.io/wandb/local:0.78.0"}, "a critical artifact access vulnerability: use 0.78.2 or newer"),
        ({"server_image": "docker.io/wandb/local:0.78.1" + DIGEST}, "a critical artifact access vulnerability"),
        ({"server_image": "docker.io/wandb/local:0.78.2"}, ""),
        ({"server_image": "docker.io/wandb/local:0.78.10"}, ""),
        ({"server_registry_user": "a", "server_registry_password": "b"}, ""),
        ({"server_registry_user": "a"}, "server_registry_user and server_registry_password belong together"),
        ({"server_image": "docker.io/wandb/local:0.83.0" + DIGEST, **ARCHIVE}, "which is of a registry and which no archive carries"),
        # Its user.
        ({"server_user": "100000"}, ""),
        ({"server_user": "0"}, "server_user must be 999 or a uid from 100000 on"),
        ({"server_user": "1000"}, "server_user must be 999 or a uid from 100000 on"),
        ({"server_user": "999:1000"}, "without a group, which is always 0"),
        # What it is told.
        ({"wandb_license": license_of(None)}, ""),
        ({"wandb_license": license_of(29)}, ""),
        ({"wandb_license": license_of(-2)}, "wandb_license expired on 20"),
        ({"wandb_license": "lab"}, "wandb_license is no licence of W&B"),
        ({"wandb_license": "eyJhb\nGciOi"}, "has no line break inside"),
        ({"server_url": "https://other.example.com"}, 'server_url is "https://other.example.com" and the proxy serves wandb_url'),
        ({"wandb_url": "", "server_url": "https://other.example.com"}, ""),
        ({"server_mysql_tls": True}, ""),
        ({"server_mysql_tls": "custom"}, "server_mysql_tls must be one of none, preferred, true, false and skip-verify"),
        ({"server_environment": {"BANNERS": "a"}}, ""),
        ({"server_environment": {"MYSQL": "a"}}, "server_environment has MYSQL"),
        ({"server_environment": {"SESSION_LENGTH": "1"}, "server_settings": {"session_length": 24}}, "server_environment has SESSION_LENGTH"),
        ({"server_settings": {"no_proxy": ["a", "b"], "gorilla_data_retention_period": "24h"}}, ""),
        ({"server_settings": {"gorilla_data_retention_period": "24"}}, "gorilla_data_retention_period must be hours with an h"),
        ({"server_settings": {"redis": "redis://a\n"}}, "server_settings has a line break in redis"),
        ({"ansible_facts": {"os_family": "Debian", "distribution": "Debian", "architecture": "aarch64"}}, "app1 is aarch64"),
    ],
)
def test_what_cannot_work_is_refused_in_a_sentence_with_an_example(variables, words):
    said = refused(**variables)
    assert len(said) == bool(words), said
    assert not said or (words in said[0] and said[0].count("for example") == 1 and "c2lnbmVk" not in said[0])


@pytest.mark.parametrize(
    ("archived", "image", "holds"),
    [
        ({"names": ["wandb/local:0.83.0"], "architectures": ["amd64"]}, "docker.io/wandb/local:0.83.0", True),
        ({"names": ["docker.io/wandb/local:0.83.0"], "architectures": ["amd64"]}, "docker.io/wandb/local:0.83.0", True),
        ({"names": ["localhost/wandb/local:0.83.0"], "architectures": ["amd64", "arm64"]}, "docker.io/wandb/local:0.83.0", True),
        ({"names": [], "architectures": []}, "docker.io/wandb/local:0.83.0", True),
        ({"names": ["wandb/local:0.82.0"], "architectures": ["amd64"]}, "docker.io/wandb/local:0.83.0", False),
        ({"names": ["wandb/local:0.83.0"], "architectures": ["amd64"]}, "registry.example.com/wandb/local:0.83.0", False),
        ({"names": ["wandb/local:0.83.0"], "architectures": ["arm64"]}, "docker.io/wandb/local:0.83.0", False),
        ({"names": [], "architectures": [], "problem": "it has no manifest.json"}, "docker.io/wandb/local:0.83.0", False),
    ],
)
def test_an_archive_must_hold_the_image(archived, image, holds):
    (block,) = [one["block"] for one in role_file("server", "tasks/look.yml") if "block" in one]
    (one,) = [one for one in block if one["name"] == "Check what the archive holds"]
    variables = {**one["vars"], "__server_archived": {"problem": "", **archived}, "server_image": image, "server_image_archive": "/srv/a.tar"}
    assert render("{{ " + one["ansible.builtin.assert"]["that"] + " }}", **variables) is holds
    said = render(one["ansible.builtin.assert"]["fail_msg"], **variables)
    assert f"must be an archive of docker save or podman save with {image} for amd64, for example" in said and said.endswith(").")


@pytest.mark.parametrize(
    ("variables", "name", "warned"),
    [
        ({"wandb_license": license_of(30.5)}, "Say that the licence ends soon", False),
        ({"wandb_license": license_of(29.5)}, "Say that the licence ends soon", True),
        ({"wandb_license": license_of(None)}, "Say that the licence ends soon", False),
        ({"server_mysql_tls": "skip-verify"}, "Say that W&B may not know this kind of TLS", True),
        ({"server_mysql_tls": "preferred"}, "Say that W&B may not know this kind of TLS", False),
    ],
)
def test_what_may_not_work_is_warned_of(variables, name, warned):
    assert render("{{ " + task(name)["when"] + " }}", **variables) is warned
    assert not warned or "c2lnbmVk" not in render(task(name)["ansible.builtin.debug"]["msg"], **variables)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("SESION_LENGTH", "has SESION_LENGTH, which W&B does not document: did you mean SESSION_LENGTH? It"),
        ("session_length", "did you mean SESSION_LENGTH?"),
        ("OF_MINE", "has OF_MINE, which W&B does not document. It is passed on"),
        ("TZ", ""),
        ("GORILLA_ALLOW_USER_TEAM_CREATION", ""),
    ],
)
def test_a_name_that_wandb_does_not_document_is_told_with_the_nearest(name, words):
    one = task("Say that W&B may not know a variable")
    said = [render(one["ansible.builtin.debug"]["msg"], item=item) for item in render(one["loop"], server_environment={name: "x"})]
    assert len(said) == bool(words)
    assert not said or words in said[0]


def test_settings_become_variables_as_the_image_reads_them():
    settings = {"session_length": 24, "disable_telemetry": "yes", "local_restore": False, "no_proxy": ["10.0.0.2", "s3.example.com"]}
    assert render("{{ _server_settings_environment }}", server_settings={**settings, "gorilla_cors_origins": "a"}) == {
        "SESSION_LENGTH": "24",
        "DISABLE_TELEMETRY": "true",
        "LOCAL_RESTORE": "false",
        "NO_PROXY": "10.0.0.2,s3.example.com",
        "GORILLA_CORS_ORIGINS": "a",
    }


def test_secrets_of_settings_are_masked():
    settings = {"redis": "redis://:of%20redis@10.0.0.9:6379", "oidc_client_secret": "of-oidc", "local_ldap_bind_pw": "of-ldap", "slack_secret": "of-slack"}
    masked = render("{{ _server_secrets }}", server_settings={**settings, "gorilla_customer_secret_store_source": "internal"})
    assert {*settings.values(), "of%20redis"} <= set(masked) and "internal" not in masked


@pytest.mark.parametrize("settings", [{"sesion_length": 1}, {"session_length": "long"}, {"oidc_auth_method": "basic"}, {"local_restore": "perhaps"}])
def test_a_setting_that_is_misspelt_or_of_another_type_is_refused(settings):
    assert ArgumentSpecValidator({"server_settings": SETTINGS}).validate({"server_settings": settings}).error_messages


ID = "sha256:" + "b" * 64


@pytest.mark.parametrize(
    ("said", "image", "upgrades", "refused_"),
    [
        (ID, "docker.io/wandb/local:0.83.0", False, False),
        (ID + "\nbefore docker.io/wandb/local:0.83.0", "docker.io/wandb/local:0.83.0", False, False),
        (ID + "\nbefore docker.io/wandb/local:0.83.0", "docker.io/wandb/local:0.84.0", True, False),
        (ID + "\nbefore docker.io/wandb/local:0.9.0", "docker.io/wandb/local:0.84.0", True, False),
        (ID + "\nbefore docker.io/wandb/local:0.84.0", "registry.example.com/wandb/local:0.83.0", True, True),
        (ID + "\nbefore docker.io/wandb/local:0.84.0" + DIGEST, "docker.io/wandb/local:0.83.0", True, True),
        (ID + "\nbefore docker.io/wandb/local" + DIGEST, "docker.io/wandb/local:0.83.0", True, False),
        # A change of version that was broken off goes on, also back to the release of before.
        (ID + "\nbefore docker.io/wandb/local:0.84.0\nkept docker.io/wandb/local:0.83.0", "docker.io/wandb/local:0.84.0", False, False),
        (ID + "\nbefore docker.io/wandb/local:0.84.0\nkept docker.io/wandb/local:0.83.0", "docker.io/wandb/local:0.83.0", False, False),
        ("none", "docker.io/wandb/local:0.83.0", False, False),
    ],
)
def test_a_change_of_version_is_seen_and_an_older_release_refused(said, image, upgrades, refused_):
    variables = {"server_image": image, "__server_image": looked(said)}
    that = task("Stop for a release that is older than the one that runs")["ansible.builtin.assert"]["that"]
    assert render("{{ [_server_upgrades, not (" + that + "), _server_image_present] }}", **variables) == [upgrades, refused_, said.startswith("sha256")]
    assert render("{{ _server_pending }}", **variables) is ("\nkept " in said)


def test_look_tells_the_image_of_the_unit_and_what_is_kept(tmp_path):
    engine, unit, kept = tmp_path / "engine", tmp_path / "unit", tmp_path / "kept"
    engine.write_text("#!/bin/sh\necho id\nexit 3\n", encoding="ascii")
    engine.chmod(0o755)
    kept.mkdir()
    text = render((TOP / "roles/server/templates/wandb-local.service.j2").read_text(encoding="utf-8"), server_ca_file="/ca.crt")
    unit.write_text(text, encoding="utf-8")
    (kept / "wandb-local.service").write_text(text.replace("0.83.0", "0.82.0"), encoding="utf-8")
    command = ["sh", str(TOP / "roles/server/files/look.sh"), str(engine), "an image", str(unit), str(kept)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3 and done.stdout.startswith("id\nbefore docker.io/wandb/local:0.83.0\nhost ")
    (kept / "schema").touch()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("id\nbefore docker.io/wandb/local:0.83.0\nkept docker.io/wandb/local:0.82.0\nhost ")
    assert render("{{ [_server_host | length, _server_controls is sequence] }}", __server_image=looked(done.stdout)) == [2, True]
    engine.unlink()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 127 and render("{{ [_server_engine_missing, _server_image_present] }}", __server_image=looked(done.stdout, 127)) == [True, False]


@pytest.mark.parametrize(
    ("host", "variables", "arguments", "unlimited"),
    [
        ("host 8 16000\ncontrols cpuset cpu io memory pids", {}, "--memory 8192m --cpus 4", []),
        ("host 2 3900\ncontrols cpu memory", {}, "--memory 3900m --cpus 2", []),
        ("host 2 3900\ncontrols cpu memory", {"server_memory_mb": "2048", "server_cpus": 0}, "--memory 2048m", []),
        ("host 8 16000\ncontrols pids", {}, "", ["memory", "cpu"]),
        ("host 8 16000\ncontrols memory", {}, "--memory 8192m", ["cpu"]),
        ("host 8 16000\ncontrols ", {"server_memory_mb": 0, "server_cpus": 0}, "", []),
    ],
)
def test_a_container_is_limited_to_what_the_guide_asks_for(host, variables, arguments, unlimited):
    found = render("{{ [_server_limit_arguments, _server_unlimited] }}", __server_image=looked(ID + "\n" + host), **variables)
    assert found == [arguments, unlimited]
    unit = render((TOP / "roles/server/templates/wandb-local.service.j2").read_text(encoding="utf-8"), __server_image=looked(host), **variables)
    assert [line.strip(" \\") for line in unit.splitlines() if line.lstrip().startswith(("--memory", "--cpus"))] == ([arguments] if arguments else [])
    assert "--user 999:0" in unit and "--security-opt no-new-privileges --cap-drop ALL" in unit and "--read-only" not in unit
