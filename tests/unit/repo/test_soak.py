# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The soak of the store ends at the first call that failed and the first object that is not what it was."""

from __future__ import annotations

import pytest
import store

LOAD = {"calls": 100, "failed": [], "lost": [], "changed": [], "absent": ["b"], "attempts_failed": 2, "longest_pause": 1.26, "seconds": 20.04, "repaired": 3}


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"failed": ["put: x"]}, '"failed": ."put: x"'), ({"lost": ["a"]}, "lost"), ({"changed": ["part.1"]}, "part.1"), ({"calls": 19}, "19 calls")],
)
def test_what_is_wrong_ends_it(wrong, says):
    assert store.judged(LOAD) == LOAD
    with pytest.raises(SystemExit, match=says):
        store.judged({**LOAD, **wrong})


def test_figures():
    found = store.figures([LOAD, {**LOAD, "longest_pause": 3.0}, {**LOAD, "longest_pause": 1.0}])
    assert (found["rounds"], found["calls"], found["attempts asked again"], found["objects repaired"]) == (3, 300, 6, 9)
    assert found["longest pause, s"] == {"median": 1.3, "max": 3.0}


def test_its_layouts_are_of_topologies_that_have_these_drives():
    for number, (topology, drives) in enumerate(store.LAYOUTS.values()):
        lab = store.Lab(f"x{number}", topology, drives)
        assert lab.nodes and lab.variables["minio_drives"] == lab.drives and len(lab.drives) == drives
