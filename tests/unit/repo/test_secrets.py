# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No task shows a secret."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from repository import TOP, Task, load, tasks
from secrets_linter import Secrets, findings, role_values, template_of

SAMPLE_VALUES = {"_role_url": "mysql://{{ role_password | urlencode }}@db", "_role_indirect": "{{ _role_url }}", "_role_none": "{{ role_password == '' }}"}


def sample(text: str, template: str | None = None) -> list[str]:
    (data,) = yaml.safe_load(text)
    return findings(Task(Path("sample.yml"), data), Secrets(SAMPLE_VALUES), lambda task: template)


GOOD = [
    "- ansible.builtin.command: {argv: [login], stdin: '{{ role_password }}'}\n  no_log: true",
    "- ansible.builtin.assert: {that: role_password | length > 0, fail_msg: role_password is empty}",
    "- ansible.builtin.assert: {that: '{{ role_password == other_password }}', quiet: true}",
    "- ansible.builtin.debug: {msg: '{{ _role_none }} {{ _role_missing }} {{ role_secret_key.keys() }} {{ role_password | length }} {{ role_password_file }}'}",
    "- ansible.builtin.uri: {url: https://db, url_password: '{{ role_password }}'}",
    "- ansible.builtin.copy: {content: '{{ role_password }}', dest: /etc/secret, mode: '0600'}\n  diff: false",
    "- community.crypto.openssl_privatekey: {path: /ca.key, passphrase: '{{ role_passphrase }}'}",
    "- ansible.builtin.debug: {msg: the word role_password is none}",
    "- ansible.builtin.debug: {msg: \"{{ 'role_password' }}\"}",
    "- ansible.builtin.template: {src: plain.j2, dest: /etc/plain}",
    "- ansible.builtin.copy: {content: '{{ role_password }}', dest: /etc/secret, mode: '0640', group: mysql}\n  diff: false",
    "- ansible.builtin.copy: {content: '{{ role_port }}', dest: /etc/plain, mode: '0644'}",
    "- ansible.builtin.debug: {var: role_password}\n  no_log: true",
    "- ansible.builtin.debug: {var: role_password | length}",
    "- ansible.builtin.debug: {var: role_port}",
    "- baremetal.wandb.mysql_check: {login_password: '{{ role_password }}'}",
    "- baremetal.wandb.mysql_schema: {accounts: [{name: a, password: '{{ role_password }}'}]}",
]
BAD = {
    "in the command line": "- ansible.builtin.command: {argv: [login, '{{ role_password }}']}\n  no_log: true",
    "the process list": "- ansible.builtin.shell: 'login {{ _role_indirect }}'\n  no_log: true",
    "in environment": "- ansible.builtin.command: {argv: [login]}\n  environment: {PASSWORD: '{{ role_password }}'}\n  no_log: true",
    "in a fact": "- ansible.builtin.set_fact: {url: '{{ _role_url }}'}\n  no_log: true",
    "ansible.builtin.uri shows": "- ansible.builtin.uri: {url: 'https://{{ role_password }}@db'}",
    "ansible.builtin.debug shows": "- ansible.builtin.debug: {msg: '{{ wandb_license }}'}",
    "--diff shows": "- ansible.builtin.copy: {content: '{{ text }}', dest: /etc/secret, mode: '0600'}\n  vars: {text: '{{ role_secret_key }}'}",
    "what debug shows": "- ansible.builtin.debug: {var: _role_indirect}",
    "for others to read": "- ansible.builtin.copy: {content: '{{ role_password }}', dest: /etc/secret, mode: '0644'}\n  no_log: true",
    "a file for others": "- ansible.builtin.copy: {content: '{{ role_password }}', dest: /etc/secret}\n  diff: false",
    "file for others": "- ansible.builtin.lineinfile: {line: 'key={{ role_password }}', path: /etc/secret, mode: u=rw}\n  no_log: true",
    "ansible.builtin.assert shows": "- ansible.builtin.assert: {that: role_password == 'x', fail_msg: '{{ role_password }} is wrong'}",
    "label of a loop": "- ansible.builtin.debug: {msg: hello}\n  loop: ['{{ role_api_key }}']",
    "baremetal.wandb.mysql_check shows": "- baremetal.wandb.mysql_check: {login_user: '{{ role_password }}'}",
}


@pytest.mark.parametrize("text", GOOD)
def test_good_sample(text):
    assert sample(text, "port = {{ role_port }}") == []


@pytest.mark.parametrize("sentence", BAD)
def test_bad_sample(sentence):
    found = sample(BAD[sentence])
    assert len(found) == 1 and sentence in found[0], found


def test_bad_template():
    task = "- ansible.builtin.template: {src: secret.j2, dest: /etc/secret, mode: '0600'}"
    assert "--diff shows" in sample(task, "url = {{ _role_url }}")[0]
    assert sample(f"{task}\n  diff: false", "url = {{ _role_url }}") == []
    assert "for others to read" in sample(f"{task}\n  diff: false".replace("0600", "0644"), "url = {{ _role_url }}")[0]
    assert "for others to read" in sample(f"{task}\n  diff: false".replace(", mode: '0600'", ""), "url = {{ _role_url }}")[0]


def test_no_task_shows_a_secret():
    secrets = Secrets(role_values((TOP / "roles").iterdir(), load))
    # Scenarios have made-up secrets, and look for them everywhere.
    looked_at = [task for task in tasks() if "molecule" not in task.file.parts]
    assert len(looked_at) > 50
    assert [finding for task in looked_at for finding in findings(task, secrets, template_of)] == []
