# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # How a module reaches a MySQL server. The argument specification is module_utils/_mysql.py CONNECTION.
    DOCUMENTATION = r"""
options:
  login_unix_socket:
    description:
      - Path of the server's socket on the host where the module runs.
      - Exactly one of O(login_unix_socket) and O(login_host) is required.
    type: path
  login_host:
    description:
      - Name or IP address of the server.
      - TLS is used whenever the server offers it.
    type: str
  login_port:
    description: TCP port of the server. Only used with O(login_host).
    type: int
    default: 3306
  login_user:
    description: Name of the account to log in as.
    type: str
    required: true
  login_password:
    description: Password of the account; empty for an account that the server knows by its socket, such as C(root) on Debian.
    type: str
    default: ""
  ssl_ca:
    description:
      - Path of a PEM file with the CA that signed the server's certificate.
      - The login then fails unless the connection is encrypted and the certificate is signed by this CA.
    type: path
  ssl_verify_name:
    description:
      - Whether the certificate must also be for O(login_host), a name or an address. Needs O(ssl_ca).
      - The certificates that MySQL makes for itself carry no name.
    type: bool
    default: false
  ssl_cert:
    description:
      - Path of a PEM file with the client's certificate, for an account that must show one (C(REQUIRE X509)).
      - The server takes it when the CA of its own variable C(ssl_ca) signed it. The login then fails unless the connection is encrypted.
    type: path
  ssl_key:
    description: Path of a PEM file with the key of O(ssl_cert), without a passphrase. Needs O(ssl_cert), as that needs this.
    type: path
  connect_timeout:
    description: Seconds to wait for the server to accept a connection. An answer to a statement may take 30 seconds.
    type: int
    default: 10
requirements:
  - PyMySQL >= 1.1 with its extra C(rsa)
notes:
  - The role P(baremetal.wandb.tools#role) installs the library; name its Python as C(ansible_python_interpreter) of the task.
"""
