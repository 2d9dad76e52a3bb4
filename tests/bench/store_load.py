# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes and reads objects by presigned URLs as W&B's clients do, through the proxy and at the nodes themselves in turn, and prints the figures as JSON.

    store_load.py [--rounds N] [--large MIB] [--small COUNT] NODE...

Runs as root on the application's host, whose container has the bucket and its key, with a Python that has boto3. NODE is the URL of a MinIO node, with the
same scheme as the proxy has, so that both ways have TLS. Each round does the same both ways, in an order that alternates; what it writes it removes.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import http.client
import json
import os
import re
import ssl
import statistics
import time
import typing as t
from urllib.parse import unquote, urlsplit

import boto3
from botocore.config import Config

ENVIRONMENT = "/etc/default/wandb-local"
CLIENTS = 4
LARGE = 8  # objects of a round
SMALL = 16 * 1024  # bytes, about what a run's configuration or a log chunk has
PREFIX = "baremetal-wandb-bench/"


class Bucket(t.NamedTuple):
    """Where the application has its objects. I(url) is the public one of the store."""

    url: str
    name: str
    key: str
    secret: str
    region: str


def bucket(text: str) -> Bucket:
    """The bucket of a container's environment file."""
    words = re.search(r"^BUCKET=(.*)$", text, re.MULTILINE)
    if not words:
        raise SystemExit(f"store_load: {ENVIRONMENT} has no BUCKET, so the role server has not run here")
    found = urlsplit(words[1].strip('"'))
    options = dict(pair.split("=", 1) for pair in found.query.split("&"))
    host = found.hostname if not found.port else f"{found.hostname}:{found.port}"
    url = f"http{'s' if options['tls'] == 'true' else ''}://{host}"
    return Bucket(url, found.path.strip("/"), unquote(found.username or ""), unquote(found.password or ""), options.get("region", "us-east-1"))


class Way:
    """One way to the store. A client keeps its connection, and has one node where there are several."""

    def __init__(self, there: Bucket, urls: t.Sequence[str]) -> None:
        self.bucket, self.urls = there.name, urls
        self.signers = [
            boto3.client(
                "s3",
                endpoint_url=url,
                aws_access_key_id=there.key,
                aws_secret_access_key=there.secret,
                region_name=there.region,
                config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, proxies={}),
            )
            for url in urls
        ]

    def share(self, method: str, body: bytes, count: int) -> float:
        """Seconds in which all clients write or read their part of so many objects."""

        def client(number: int) -> None:
            place = number % len(self.urls)
            where = urlsplit(self.urls[place])
            tls = where.scheme == "https"
            kind: t.Callable[..., http.client.HTTPConnection] = http.client.HTTPSConnection if tls else http.client.HTTPConnection
            connection = kind(where.hostname, where.port, timeout=60, **({"context": ssl.create_default_context()} if tls else {}))
            for one in range(number, count, CLIENTS):
                key = f"{PREFIX}{len(body)}/{one}"
                url = self.signers[place].generate_presigned_url(f"{method.lower()}_object", {"Bucket": self.bucket, "Key": key})
                connection.request(method, url[len(self.urls[place]) :], body if method == "PUT" else None)
                answer = connection.getresponse()
                content = answer.read()
                if answer.status != 200 or (method == "GET" and content != body):
                    raise SystemExit(f"store_load: {method} {self.urls[place]} ended with {answer.status}, {len(content)} bytes: {content[:300]!r}")
            connection.close()

        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(client, range(CLIENTS)))
        return time.monotonic() - begun

    def remove(self, sizes: t.Mapping[int, int]) -> None:
        for size, count in sizes.items():
            for one in range(count):
                self.signers[0].delete_object(Bucket=self.bucket, Key=f"{PREFIX}{size}/{one}")


def measure(ways: t.Mapping[str, Way], rounds: int, large: int, small: int) -> dict[str, t.Any]:
    bodies = {"large": os.urandom(large * 2**20), "small": os.urandom(SMALL)}
    counts = {"large": LARGE, "small": small}
    seconds: dict[str, dict[str, list[float]]] = {way: {} for way in ways}
    try:
        for number in range(rounds + 1):  # the first one is for caches and connections, and is not counted
            for way in sorted(ways, reverse=bool(number % 2)):
                for kind, body in bodies.items():
                    for method in ("PUT", "GET"):
                        taken = ways[way].share(method, body, counts[kind])
                        if number:
                            seconds[way].setdefault(f"{method} {kind}", []).append(taken)
    finally:
        next(iter(ways.values())).remove({len(body): counts[kind] for kind, body in bodies.items()})
    return {
        "rounds": rounds,
        "clients": CLIENTS,
        "tls": ways["direct"].urls[0].startswith("https"),
        "objects": {kind: {"count": counts[kind], "bytes": len(body)} for kind, body in bodies.items()},
        **{way: {name: round(statistics.median(values), 3) for name, values in found.items()} for way, found in seconds.items()},
        # Of the two ways in one round each, so that a busy machine slows both.
        "direct / proxy": {
            name: round(statistics.median(direct / proxy for direct, proxy in zip(seconds["direct"][name], seconds["proxy"][name])), 2)
            for name in seconds["direct"]
        },
    }


def table(found: dict[str, t.Any]) -> str:
    title = f"store, {'with' if found['tls'] else 'without'} TLS, median s"
    lines = [f"{title:<30} {'direct':>9} {'proxy':>9} {'ratio':>7}"]
    for name, ratio in found["direct / proxy"].items():
        kind = name.split()[1]
        size = f"{found['objects'][kind]['count']} x {found['objects'][kind]['bytes'] // 1024} KiB"
        lines.append(f"{f'{name.split()[0]} {size}':<30} {found['direct'][name]:>9.2f} {found['proxy'][name]:>9.2f} {ratio:>7.2f}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="store_load.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--large", type=int, default=32, help="MiB of a large object")
    parser.add_argument("--small", type=int, default=200, help="small objects of a round")
    parser.add_argument("nodes", nargs="+")
    wanted = parser.parse_args()
    with open(ENVIRONMENT, encoding="utf-8") as file:
        there = bucket(file.read())
    ways = {"proxy": Way(there, [there.url]), "direct": Way(there, wanted.nodes)}
    print(json.dumps(measure(ways, wanted.rounds, wanted.large, wanted.small)))


if __name__ == "__main__":
    main()
