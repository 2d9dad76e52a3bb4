# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection works as the archive that is published, and from a checkout of any name in any place."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
import yaml
from repository import CACHED, ROLES, TOP, tracked
from run import copy_checkout

BIN = Path(sys.executable).parent


def run(*words, cwd, **environment):
    env = {key: value for key, value in os.environ.items() if not key.startswith("ANSIBLE_")}
    env.update({"PATH": f"{BIN}:{os.environ['PATH']}", "NO_COLOR": "1", **environment})
    result = subprocess.run(list(map(str, words)), cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert result.returncode == 0, f"{' '.join(map(str, words))}\n{result.stdout}\n{result.stderr}"
    return result.stdout


@pytest.fixture(scope="module")
def installed(archive, tmp_path_factory):
    """Environment and folder of a controller that has the archive and nothing of the checkout."""
    home = tmp_path_factory.mktemp("controller")
    environment = {"HOME": str(home), "ANSIBLE_COLLECTIONS_PATH": f"{home / 'collections'}:{CACHED}"}
    run("ansible-galaxy", "collection", "install", "--offline", "-p", home / "collections", archive, cwd=home, **environment)
    return home, environment


def members(archive):
    """The files of an archive, in order."""
    with tarfile.open(archive) as file:
        return sorted(member.name for member in file if member.isfile())


def test_archive_holds_the_product_and_nothing_else(archive):
    assert {name.split("/")[0] for name in members(archive)} == {
        *("CHANGELOG.md", "FILES.json", "LICENSE", "MANIFEST.json", "README.md", "changelogs", "docs", "inventories", "meta"),
        *("playbooks", "plugins", "requirements.txt", "roles"),
    }


def test_sites_and_secrets_of_the_user_are_neither_for_git_nor_for_the_archive():
    own = ["inventories/mine/hosts.yml", "inventories/mine/group_vars/all/secrets.yml", "inventories/cluster/group_vars/all/secrets.yml"]
    shipped = [str(path) for path in tracked() if path.is_relative_to(TOP / "inventories")]
    # The archive holds what git does not ignore.
    asked = subprocess.run(["git", "check-ignore", "--no-index", *own, *shipped], cwd=TOP, capture_output=True, text=True, check=False)
    assert shipped and asked.stdout.split() == own


OTHER_SITES = "mine prod staging site sing ceph eu client single2 single-prod cluster.old cluster_eu external-rds lab/one".split()
# What lies in a checkout that is used: sites of the user, and what they added to ours and beside them.
ADDED = """
hosts hosts.ini hosts.yml~ hosts.yml.bak vault.yml host_vars/db1.yml host_vars/db1/vault.yml .vault_pass
group_vars/all.yml group_vars/wandb_mysql.yml group_vars/wandb_mysql/vault.yml group_vars/all/vault.yml group_vars/all/own.yml
group_vars/all/site.yml.bak group_vars/all/site-secrets.yml group_vars/all/.site.yml.swp group_vars/all/secrets.yml
""".split()
BESIDE = """
inventories/hosts.yml host_vars/db1.yml group_vars/all.yml group_vars/all/vault.yml playbooks/host_vars/db1.yml playbooks/group_vars/all/vault.yml
secrets.yml vault.yml my-vault.yaml .vault_pass vault_pass.txt .env ca.key roles/nginx/files/site.pem site.retry
""".split()
OWN_FILES = [
    *(f"inventories/{name}/group_vars/all/secrets.yml" for name in OTHER_SITES),
    *(f"inventories/{name}/{path}" for name in ("single", "cluster", "external") for path in ADDED),
    *BESIDE,
]


def test_plain_build_in_a_used_checkout_makes_the_same_archive(archive, tmp_path):
    place = tmp_path / "checkout"
    copy_checkout(place, new=False)
    for path in OWN_FILES:
        assert not (place / path).exists()
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text("wandb_license: a licence of mine\n", encoding="utf-8")
    run("ansible-galaxy", "collection", "build", "--output-path", tmp_path, cwd=place)
    (built,) = tmp_path.glob("*.tar.gz")
    assert members(built) == members(archive)


def test_build_takes_what_git_tracks_alone(archive, tmp_path):
    """Also in a checkout with files that no pattern knows."""
    place = tmp_path / "checkout"
    copy_checkout(place, new=False)
    for words in (["init", "--quiet"], ["add", "--all"]):
        run("git", *words, cwd=place)
    for path in [*OWN_FILES, "notes.txt", "roles/server/vars/own.yml", "plugins/modules/own.py"]:
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text("wandb_license: a licence of mine\n", encoding="utf-8")
    (place / ".venv").symlink_to(TOP / ".venv")
    run(sys.executable, "tests/run.py", "build", tmp_path, cwd=place)
    (built,) = tmp_path.glob("*.tar.gz")
    assert members(built) == members(archive)


def test_site_from_the_archive(installed):
    home, environment = installed
    inventory = home / "collections/ansible_collections/baremetal/wandb/inventories/cluster"
    listed = run("ansible-playbook", "-i", inventory, "baremetal.wandb.site", "--list-tasks", cwd=home, **environment)
    for role in set(ROLES) - {"wandb"}:
        assert f"{role} : " in listed, f"site.yml runs no task of {role}"
    run("ansible-playbook", "-i", inventory, "baremetal.wandb.site", "--syntax-check", cwd=home, **environment)


def test_every_playbook_from_the_archive(installed):
    home, environment = installed
    playbooks = sorted(path.stem for path in (TOP / "playbooks").glob("*.yml"))
    assert {"site", "preflight", "verify", "secrets"} <= set(playbooks)
    run("ansible-playbook", "-i", "localhost,", *(f"baremetal.wandb.{name}" for name in playbooks), "--syntax-check", cwd=home, **environment)


def test_modules_of_the_archive_are_documented(installed):
    home, environment = installed
    listed = run("ansible-doc", "--list", "--type", "module", "baremetal.wandb", cwd=home, **environment)
    modules = {path.stem for path in (TOP / "plugins/modules").glob("*.py")}
    assert set(re.findall(r"^baremetal\.wandb\.(\w+)", listed, re.MULTILINE)) == modules


def test_execution_environment_finds_what_it_needs(installed):
    home, _environment = installed
    found = yaml.safe_load(run("ansible-builder", "introspect", home / "collections", cwd=home))
    assert any("cryptography" in name for name in found["python"])
    assert any("openssh-client" in name for name in found["system"])


def test_checkout_of_any_name_and_place(checkout, tmp_path):
    listed = run("ansible-playbook", "-i", "inventories/cluster", "site.yml", "--list-tasks", cwd=checkout, HOME=str(tmp_path))
    for role in set(ROLES) - {"wandb"}:
        assert f"{role} : " in listed, f"site.yml runs no task of {role}"


def test_every_phase_tag_runs_tasks():
    collections = f"{TOP / 'collections'}:{CACHED}"
    listed = run("ansible-playbook", "-i", "inventories/cluster", "site.yml", "--list-tasks", cwd=TOP, ANSIBLE_COLLECTIONS_PATH=collections)
    tagged = {tag for tags in re.findall(r"TAGS: \[(.*)\]$", listed, re.MULTILINE) for tag in tags.split(", ")}
    published = {
        f"{path.parts[-3]}_{path.stem}"
        for path in (TOP / "roles").glob("*/tasks/*.yml")
        if path.stem in ("preflight", "install", "configure", "service", "check")
    }
    assert published - tagged == set()
