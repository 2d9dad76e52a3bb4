# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site on a lab sets beside its inventory: where packages come from, the image, a licence and an API key.

    overlay.py LAB     write group_vars/all/lab.yml beside the lab's inventory.yml, where Ansible reads it with -i inventory.yml

Environment: WANDB_IMAGE, a real image instead of the test double, with WANDB_LICENSE and, once a user has one, WANDB_API_KEY.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sys
from pathlib import Path

import yaml

import machine
import parts


# A licence in form: {"alg":"none"}.{"sub":"lab","exp":4102444800}, until the year 2100, and no signature of anybody.
LICENSE = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJsYWIiLCJleHAiOjQxMDI0NDQ4MDB9.bGFi"


def sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def values(old: dict[str, object]) -> dict[str, object]:
    """The variables; secrets of an earlier overlay are kept, so that a second run of a site changes nothing."""
    minio = parts.part("minio")
    found: dict[str, object] = {
        "minio_source": str(minio),
        "minio_sha256": sha256(minio),
        # Debian's own releases have MariaDB only.
        "mysql_debian_suite": "sid",
        # The hosts of a lab share the machine, of which each sees all memory.
        "mysql_memory_share": 5,
        "tools_wheel_dir": str(parts.part("wheels")),
    }
    if os.environ.get("WANDB_IMAGE"):
        found |= {
            "server_image": os.environ["WANDB_IMAGE"],
            "wandb_license": os.environ.get("WANDB_LICENSE", ""),
            "wandb_api_key": os.environ.get("WANDB_API_KEY", ""),
        }
        return found
    image = parts.part("standin-image")
    key = old.get("wandb_api_key") or f"local-{secrets.token_hex(20)}"
    return found | {
        "server_image_archive": str(image),
        "server_image_archive_sha256": sha256(image),
        "wandb_license": os.environ.get("WANDB_LICENSE") or LICENSE,
        "wandb_api_key": key,
        # Without a browser nobody can sign up and make a key.
        "server_environment": {"GLOBAL_ADMIN_API_KEY": key, "GORILLA_INSECURE_ALLOW_API_KEY_ADMIN_ACCESS": "true"},
    }


def write(lab: str) -> Path:
    """Write the overlay of a lab; returns its path."""
    path = machine.CACHE / "labs" / lab / "group_vars" / "all" / "lab.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    old = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    new = path.with_suffix(".part")
    new.touch(mode=0o600)
    # The lab's CA goes with the lab, and labs side by side have one each.
    site = values(old or {}) | {"certificate_ca_dir": str(path.parents[2] / "ca")}
    new.write_text(yaml.safe_dump(site, sort_keys=False, width=1000), encoding="utf-8")
    new.rename(path)
    return path


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    print(write(sys.argv[1]))
