# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Serves the host's certificate and has a strict client, which trusts what the system trusts, shake hands with it by every name given."""
from __future__ import annotations

import ssl
import sys

FOLDER = "/etc/ssl/baremetal-wandb"
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain(FOLDER + "/server.crt", FOLDER + "/server.key")
client = ssl.create_default_context()
client.verify_flags |= ssl.VERIFY_X509_STRICT
for name in sys.argv[1:]:
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [client.wrap_bio(incoming, outgoing, server_hostname=name), server.wrap_bio(outgoing, incoming, server_side=True)]
    for end in [ends[0], ends[1], ends[0], ends[1]]:
        try:
            end.do_handshake()
        except ssl.SSLWantReadError:
            pass
    print(name, ends[0].version(), ends[0].getpeercert()["serialNumber"])
