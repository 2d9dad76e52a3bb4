# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.parsing.vault import VaultLib, VaultSecret, VaultSecretsContext
from ansible_collections.baremetal.wandb.plugins.filter.vaulted import vaulted

SECRETS = [("default", VaultSecret(b"a password")), ("other", VaultSecret(b"another"))]


@pytest.mark.parametrize("context", (None, VaultSecretsContext([])))
def test_without_a_vault_password_the_text_is_as_it_was(monkeypatch, context):
    monkeypatch.setattr(VaultSecretsContext, "_current", context)
    assert vaulted("secret: 1\n") == "secret: 1\n"


def test_with_vault_passwords_the_first_opens_it(monkeypatch):
    monkeypatch.setattr(VaultSecretsContext, "_current", VaultSecretsContext(SECRETS))
    text = vaulted("secret: ä\n")
    assert text.startswith("$ANSIBLE_VAULT;1.1;AES256\n") and "secret" not in text
    assert VaultLib(SECRETS[:1]).decrypt(text).decode() == "secret: ä\n"
