#!/usr/bin/python

# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: minio_check
short_description: Prove a MinIO node, its drives and its cluster
version_added: 0.1.0
description:
  - Runs on a MinIO node and returns one record per fact. It needs nothing but Python.
  - Of what is there before - C(minio.service.own), C(minio.drive.present), C(minio.drive.mounted), C(minio.drive.size), C(minio.drive.data),
    C(minio.volumes) and C(minio.layout). They hold before MinIO is installed, so C(only=[minio.service.own, minio.drive.*, minio.volumes]) is the check to
    run before a change.
  - Of the running node - C(minio.health.live), C(minio.health.write_quorum), C(minio.health.read_quorum), C(minio.binary.same), whose C(found) is the
    SHA-256 of the server, and C(minio.environment.same), whose C(found) has the variables of MinIO that must be the same on all nodes.
  - Of the whole cluster, where O(access_key) is given, for which one node is enough - C(minio.cluster.clock), C(minio.cluster.login),
    C(minio.cluster.nodes), C(minio.cluster.drives), C(minio.cluster.healing), C(minio.cluster.healed), C(minio.cluster.capacity), C(minio.cluster.release),
    and C(minio.object.old). What the redundancy bears is a warning.
  - Of a node with TLS - C(minio.health.live) verifies its certificate as the other nodes do, C(minio.tls.certificate) and C(minio.tls.expiry) (few days
    left warn). Without TLS they are skipped.
options:
  drives:
    description: Directories at which this node's drives are mounted.
    type: list
    elements: path
    required: true
  nodes:
    description: Number of nodes of the cluster. A single drive of a single node may be any directory; others must be mount points.
    type: int
    required: true
  volumes:
    description: C(MINIO_VOLUMES) as the cluster shall have it.
    type: str
    required: true
  volumes_file:
    description: Environment file of the node that records C(MINIO_VOLUMES).
    type: path
    default: /etc/default/minio
  url:
    description: URL of the S3 API of this node, for example V(http://192.0.2.21:9000).
    type: str
    required: true
  ca_file:
    description: File of the CAs that the nodes trust besides the system's.
    type: path
  certificate_file:
    description: Certificate that this node should show when O(url) is https.
    type: path
    default: /etc/minio/certs/public.crt
  write_quorum:
    description: Number of drives of an erasure set that must be online to write, as C(baremetal.wandb.erasure_layout) computes it.
    type: int
    required: true
  unit_file:
    description: Unit of systemd that runs MinIO, which says that this collection wrote it.
    type: path
    default: /etc/systemd/system/minio.service
  binary:
    description: The server as it is installed.
    type: path
    default: /usr/local/bin/minio
  access_key:
    description: The root account of MinIO. Without it the records of the whole cluster are V(skip).
    type: str
    default: ""
  secret_key:
    description: The password of O(access_key).
    type: str
    default: ""
  region:
    description: Region of the cluster, which signatures must name.
    type: str
    default: us-east-1
  timeout:
    description: How long MinIO may take to answer, in seconds.
    type: int
    default: 10
extends_documentation_fragment:
  - baremetal.wandb.check
author:
  - The baremetal.wandb authors (!UNKNOWN)
"""

EXAMPLES = r"""
- name: Prove the drives before anything is installed
  baremetal.wandb.minio_check:
    drives: [/mnt/disk1, /mnt/disk2]
    nodes: 1
    volumes: /mnt/disk1 /mnt/disk2
    url: http://192.0.2.21:9000
    write_quorum: 2
    only: [minio.drive.*, minio.volumes]

- name: Prove that the cluster can write
  baremetal.wandb.minio_check:
    drives: [/mnt/disk1, /mnt/disk2]
    nodes: 1
    volumes: /mnt/disk1 /mnt/disk2
    url: http://192.0.2.21:9000
    write_quorum: 2
  register: result
  until: result is succeeded
  retries: 12
  delay: 5
"""

RETURN = r"""
checks:
  description: One record for each check, in the order in which they ran.
  returned: always
  type: list
  elements: dict
  contains:
    id:
      description: Stable name of the check.
      type: str
      sample: minio.drive.mounted
    title:
      description: What the check proves.
      type: str
      sample: each drive is a file system of its own
    status:
      description: V(pass), V(warn), V(fail) or V(skip).
      type: str
      sample: fail
    expected:
      description: What should be there.
      type: raw
      sample: mount points
    found:
      description: What was there. For C(minio.drive.size) that does not fail, a dict of each drive and its bytes.
      type: raw
      sample: no drive is mounted at /mnt/disk2
    advice:
      description: What to do about it.
      type: str
      sample: "mount each drive at its directory, or name where drives are mounted in minio_drives"
    seconds:
      description: How long the check took.
      type: float
      sample: 0.001
cluster:
  description: >-
    What of the cluster is not as it should be, whatever O(only) asks for - texts of each node and drive that is C(lost), each drive that is C(healing), and
    each node that was C(away) and after which objects were not healed; whether it is the C(first) time, so that there is no object of the installation yet;
    whether MinIO says that it can C(spare) this node. Empty for one that does not answer or cannot write.
  returned: when O(access_key) is given
  type: dict
  sample: {lost: ["node 192.0.2.22:9000 offline"], healing: [], away: [], first: false, spare: false}
summary:
  description: How many records have each status.
  returned: always
  type: dict
  sample: {pass: 6, warn: 0, fail: 1, skip: 0}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _check
from ansible_collections.baremetal.wandb.plugins.module_utils._endpoint_http import Endpoint
from ansible_collections.baremetal.wandb.plugins.module_utils._minio_check import Node, check, cluster


def main():
    module = AnsibleModule(
        argument_spec=dict(
            drives=dict(type="list", elements="path", required=True),
            nodes=dict(type="int", required=True),
            volumes=dict(type="str", required=True),
            volumes_file=dict(type="path", default="/etc/default/minio"),
            url=dict(type="str", required=True),
            ca_file=dict(type="path"),
            certificate_file=dict(type="path", default="/etc/minio/certs/public.crt"),
            write_quorum=dict(type="int", required=True),
            unit_file=dict(type="path", default="/etc/systemd/system/minio.service"),
            binary=dict(type="path", default="/usr/local/bin/minio"),
            access_key=dict(type="str", default="", no_log=False),
            secret_key=dict(type="str", default="", no_log=True),
            region=dict(type="str", default="us-east-1"),
            timeout=dict(type="int", default=10),
            **_check.ARGUMENTS,
        ),
        supports_check_mode=True,
    )
    if not module.params["drives"]:
        module.fail_json(msg="drives: at least one directory is needed, for example /mnt/disk1")
    try:
        Endpoint(module.params["url"])
    except ValueError as error:
        module.fail_json(msg="url: %s" % error)
    node = Node(known={}, **{name: module.params[name] for name in Node._fields if name != "known"})
    more = {"cluster": cluster(node) if module.params["installed"] else {}} if node.access_key else {}
    _check.run(module, check, node, **more)


if __name__ == "__main__":
    main()
