#!/usr/bin/python
# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drive_mounts
short_description: Mount drives by label, with XFS on those that are blank
version_added: 0.1.0
author: The baremetal.wandb authors (!UNKNOWN)
description:
  - Mounts each drive at its directory, now and by a line of C(/etc/fstab) that names it by its label (or its UUID, when it has none), with C(noatime).
  - Makes XFS on a drive only with O(format), and only when it is blank - libblkid knows nothing on it, its first MiB is zero, it has no partitions and nothing
    is built upon it. The label is the last part of the directory's path. A drive with XFS is mounted as it is.
  - Refuses a drive with anything else on it, one that is mounted elsewhere (so never the root file system's), one drive for two directories, a directory that
    has another drive or files, and a line of C(/etc/fstab) for that directory with another drive. Such a line with the right drive is left as it is.
options:
  drives:
    description: The drives.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Directory at which it is mounted; made when it is not there.
        type: path
        required: true
      device:
        description: The device, best by a name that stays, as V(/dev/disk/by-id/wwn-0x5000c500a1b2c3d4), or V(LABEL=disk1) or V(UUID=...) of what is on it.
        type: str
        required: true
  format:
    description: Whether XFS is made on drives that are blank.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Reads, and returns what it would do.
  diff_mode:
    support: full
    description: Shows the steps.
"""

EXAMPLES = r"""
- name: Mount two drives, and make file systems on them when they are blank
  baremetal.wandb.drive_mounts:
    drives:
      - {path: /mnt/disk1, device: /dev/sdb}
      - {path: /mnt/disk2, device: LABEL=disk2}
    format: true
"""

RETURN = r"""
changes:
  description: The steps that were missing.
  returned: success
  type: list
  elements: dict
  contains:
    how:
      description: V(format), V(make) for a directory, V(add) for a line of fstab, or V(mount).
      type: str
      returned: always
      sample: format
    what:
      description: The device, the directory or the file.
      type: str
      returned: always
      sample: /dev/sdb
    value:
      description: The label of a file system, or the line.
      type: str
      returned: always
      sample: disk1
  sample:
    - {how: format, what: /dev/sdb, value: disk1}
    - {how: add, what: /etc/fstab, value: "LABEL=disk1 /mnt/disk1 xfs defaults,noatime,nofail 0 2"}
sizes:
  description: Bytes of each drive, by its directory.
  returned: success
  type: dict
  sample: {/mnt/disk1: 4000787030016}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.baremetal.wandb.plugins.module_utils import _drive_mounts


def main() -> None:
    module = AnsibleModule(
        argument_spec={
            "drives": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {"path": {"type": "path", "required": True}, "device": {"type": "str", "required": True}},
            },
            "format": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    for drive in module.params["drives"]:
        if not drive["device"].startswith(("/dev/", "LABEL=", "UUID=")):
            module.fail_json(msg="device %r must be a path below /dev, LABEL= or UUID=, for example /dev/sdb." % drive["device"])
    _drive_mounts.run(module)


if __name__ == "__main__":
    main()
