"""Prints as JSON how the venv of the Python that runs this differs from the pins on standard input, given the command of its base Python."""

import csv
import importlib.metadata
import json
import os
import re
import shutil
import sys


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def damaged(one):
    """Whether a module that was installed is gone, which neither the version shows nor, from Python 3.12 on, one.files."""
    names = [line[0] for line in csv.reader((one.read_text("RECORD") or "").splitlines()) if line]
    return any(name.endswith(".py") and not os.path.exists(str(one.locate_file(name))) for name in names)


distributions = {normal(one.metadata["Name"]): one for one in importlib.metadata.distributions()}
found = {name: "damaged" if damaged(one) else one.version for name, one in distributions.items()}
wanted = dict(line.split("==") for line in sys.stdin.read().split())
base = shutil.which(sys.argv[1])
print(
    json.dumps(
        {
            "works": base is not None and os.path.realpath(base) == os.path.realpath(sys.executable) and "pip" in found and "damaged" not in found.values(),
            "differences": [
                "%s %s instead of %s" % (name, found.get(normal(name), "missing"), version)
                for name, version in wanted.items()
                if found.get(normal(name)) != version
            ],
        }
    )
)
