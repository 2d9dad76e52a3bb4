"""Prints as JSON how the venv of the Python that runs this differs from the pins on standard input, given the command of its base Python."""

import importlib.metadata
import json
import os
import re
import shutil
import sys


def normal(name):
    return re.sub(r"[-_.]+", "-", name).lower()


found = {normal(one.metadata["Name"]): one.version for one in importlib.metadata.distributions()}
wanted = dict(line.split("==") for line in sys.stdin.read().split())
base = shutil.which(sys.argv[1])
print(
    json.dumps(
        {
            "works": base is not None and os.path.realpath(base) == os.path.realpath(sys.executable) and "pip" in found,
            "differences": [
                "%s %s instead of %s" % (name, found.get(normal(name), "missing"), version)
                for name, version in wanted.items()
                if found.get(normal(name)) != version
            ],
        }
    )
)
