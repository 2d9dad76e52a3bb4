# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: vaulted
short_description: Encrypt text with the vault password of this run
version_added: 0.1.0
author: The baremetal.wandb authors
description:
  - Returns the text as C(ansible-vault encrypt) would write it, with the first vault password that this run was given, by
    C(--vault-password-file), C(--vault-id), C(--ask-vault-pass) or the configuration.
  - Without a vault password it returns the text unchanged. The filter P(ansible.builtin.vault#filter) needs the password as an argument instead.
options:
  _input:
    description: Text to encrypt.
    type: string
    required: true
"""

EXAMPLES = r"""
- name: Write a file of secrets
  ansible.builtin.copy:
    dest: group_vars/all/secrets.yml
    content: "{{ secrets | to_nice_yaml | baremetal.wandb.vaulted }}"
    mode: "0600"
  no_log: true
"""

RETURN = r"""
_value:
  description: The encrypted text, or the text itself.
  type: string
  sample: "$ANSIBLE_VAULT;1.1;AES256\n3862...\n"
"""

import typing as t

from ansible.parsing.vault import VaultLib, VaultSecretsContext


def vaulted(text: str) -> str:
    context = VaultSecretsContext.current(optional=True)
    if not context or not context.secrets:
        return text
    return VaultLib(context.secrets).encrypt(text).decode()


class FilterModule:
    def filters(self) -> dict[str, t.Callable]:
        return {"vaulted": vaulted}
