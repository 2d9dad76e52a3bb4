# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # How the modules for object stores sign in.
    DOCUMENTATION = r"""
options:
  access_key:
    description: Access key (the user's name) that signs the requests.
    type: str
    required: true
  secret_key:
    description: Secret key of O(access_key).
    type: str
    required: true
  ca_file:
    description:
      - File on this host with the certificate of a private CA (PEM), trusted in addition to the system's.
      - Leave it out when the store's certificate comes from a public CA, or when it is reached over plain HTTP.
    type: path
  timeout:
    description:
      - How long each request may take, in seconds.
      - A MinIO node that another one has just been lost from waits up to 10 s for it at its first listing (its C(rest.DefaultTimeout)), and at times twice.
    type: int
    default: 30
"""
