# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    # What every check module shares; its return values are repeated in each, since fragments cannot carry RETURN.
    DOCUMENTATION = r"""
options:
  fail_on:
    description:
      - From which status on the task fails.
      - V(fail) fails when a check failed, V(warn) also when one warned, V(never) only reports.
    type: str
    choices: [fail, warn, never]
    default: fail
  only:
    description: Ids of the checks to run, with C(*) as wildcard, for example V(mysql.variable.*). Empty runs all.
    type: list
    elements: str
    default: []
  skip:
    description: Ids of checks to leave out, with C(*) as wildcard.
    type: list
    elements: str
    default: []
  installed:
    description:
      - V(false) says that what is to be proven is not installed yet, as in check mode on a fresh host.
      - Every check then answers C(skip) with C(not installed yet), and nothing is contacted.
    type: bool
    default: true
  repairing:
    description:
      - Whether the run changes what is looked at.
      - In check mode, where it was not changed yet, a check that does not hold then answers C(skip), with C(would be repaired by this run) and what is
        there now.
    type: bool
    default: false
attributes:
  check_mode:
    support: full
    description: Runs in check mode as usual; only probes that must write are left out and answer C(skip).
  diff_mode:
    support: none
    description: Nothing is changed, so there is no difference to show.
"""
