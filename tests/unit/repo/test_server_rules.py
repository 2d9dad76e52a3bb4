# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the role server refuses and warns of, and what its container is told, rendered by Ansible as it stands in the role."""

from __future__ import annotations

import base64
import json
import time
import typing as t

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar, trust_as_template
from rendered import role_file

pytestmark = pytest.mark.usefixtures("compiled_once", "own_filters")

TASKS = role_file("server", "tasks/preflight.yml")
SETTINGS = role_file("server", "meta/argument_specs.yml")["argument_specs"]["main"]["options"]["server_settings"]
DIGEST = "@sha256:" + "a" * 64


def license_of(days: float | None) -> str:
    claims = {} if days is None else {"exp": time.time() + days * 86400}
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in ({"alg": "RS256"}, claims)) + ".c2lnbmVk"


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
