# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Writes and reads objects until it is told to stop (SIGTERM), reads all of them once more, and says as JSON what failed, what was lost and what changed.

    s3_load.py [--clients N] [--retries N] [--timeout SECONDS] [--remove] RESULT

The environment says where: STORE_URL, STORE_BUCKET, STORE_USER, STORE_SECRET_FILE and, for a CA of one's own, AWS_CA_BUNDLE. RESULT is {} from the begin on.
SIGUSR1 marks an event, such as a pulled plug: attempts that begin LATER seconds after it or later are counted apart. A call is what a program asks for; an
attempt is one request of it, since S3 clients ask again when one fails. Without --retries they do so as often as boto3 does by itself.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import signal
import threading
import time
import typing as t
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import boto3
from botocore.config import Config

LATER = 10  # seconds
# Seconds for which an object that was taken may seem absent. A MinIO node that has just started sees for 15 seconds only those drives that it found at its
# start, and says 404 of an object that lies on too few of them, where another node would say that too few drives are there.
ABSENT = 20
# What a MinIO that is being stopped answers instead of 503: as if the client had gone. boto3 does not ask again then.
STOPPED, STOPPED_ATTEMPTS = 499, 10
SIZES = (30_000, 200_000, 1_000_000)  # bytes: MinIO keeps the smallest in its metadata, the others in files of their own
PAUSE = 0.25  # seconds between two calls of a client
KEPT = 100  # objects of a client, which then removes its oldest one, so that a slow machine fills no drive


class Load:
    """The store, what was written to it, and what went wrong."""

    def __init__(self, s3: t.Any, bucket: str, prefix: str) -> None:
        self.s3, self.bucket, self.prefix = s3, bucket, prefix
        self.stop = threading.Event()
        self.marked: float | None = None
        self.sums: dict[str, str] = {}
        self.lock = threading.Lock()
        self.of_thread = threading.local()
        self.failed: list[str] = []  # calls, after all their attempts
        self.attempts: list[tuple[float, float, str]] = []  # begin, end, and what went wrong, or ""
        self.done: list[float] = []  # when calls ended well
        self.absent: set[str] = set()  # objects that were so for a while
        s3.meta.events.register("before-send.s3", self._begun)
        s3.meta.events.register("needs-retry.s3", self._ended)

    def _begun(self, **_event: t.Any) -> None:
        self.of_thread.begun = time.time()

    def _ended(self, response: t.Any, caught_exception: Exception | None, attempts: int, **_event: t.Any) -> float | None:
        """Seconds after which botocore shall ask again, where it would not by itself."""
        wrong = ""
        if caught_exception is not None:
            wrong = type(caught_exception).__name__
        elif response[0].status_code >= 400:
            wrong = "HTTP %d" % response[0].status_code
        self.attempt(wrong)
        return 1 if wrong == "HTTP %d" % STOPPED and attempts <= STOPPED_ATTEMPTS else None

    def attempt(self, wrong: str) -> None:
        with self.lock:
            self.attempts.append((self.of_thread.begun, time.time(), wrong))

    def call(self, kind: str, work: t.Callable[[], None]) -> bool:
        """Whether the call ended well."""
        try:
            work()
        except Exception as error:  # whatever a client of the store would see
            with self.lock:
                self.failed.append("%s: %s: %s" % (kind, type(error).__name__, str(error)[:200]))
            return False
        with self.lock:
            self.done.append(time.time())
        return True

    def put(self, key: str, body: bytes) -> None:
        if self.call("put", lambda: self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)):
            with self.lock:
                self.sums[key] = hashlib.sha256(body).hexdigest()

    def remove(self, key: str) -> None:
        with self.lock:
            del self.sums[key]  # also when the call fails, since it may be gone all the same
        self.call("delete", lambda: self.s3.delete_object(Bucket=self.bucket, Key=key))

    def body(self, key: str) -> t.Any:
        """The body of an object. One that is absent is asked for again, and told of."""
        end = time.time() + ABSENT
        while True:
            try:
                return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"]
            except self.s3.exceptions.NoSuchKey:
                self.absent.add(key)
                if time.time() >= end:
                    raise
            time.sleep(1)

    def read(self, key: str) -> str:
        """The sum of an object. A body that breaks off is asked for again, as the clients' own downloads do."""
        for left in reversed(range(5)):
            body = self.body(key)
            try:
                return hashlib.sha256(body.read()).hexdigest()
            except Exception as error:
                self.attempt(type(error).__name__)
                if not left:
                    raise
        raise AssertionError

    def get(self, key: str) -> str:
        """What is wrong with an object that was written: "", "changed" or "lost"."""
        found: list[str] = []
        if not self.call("get", lambda: found.append(self.read(key))):
            return "lost"
        return "" if found[0] == self.sums[key] else "changed"

    def client(self, number: int) -> None:
        """One program that uses the store, until the end."""
        chance = random.Random(number)
        count, own = 0, list[str]()
        while not self.stop.is_set():
            key = "%s%d/%d" % (self.prefix, number, count)
            self.put(key, chance.randbytes(SIZES[count % len(SIZES)]))
            count += 1
            own += [key] * (key in self.sums)
            if own:
                self.get(chance.choice(own))
            if len(own) > KEPT:
                self.remove(own.pop(0))
            self.stop.wait(PAUSE)

    def proof(self) -> dict[str, list[str]]:
        """All objects that the store took, read once more; those that are gone, or are others."""
        wrong: dict[str, list[str]] = {"lost": [], "changed": []}
        keys = sorted(self.sums)
        with ThreadPoolExecutor(4) as pool:
            for key, verdict in zip(keys, pool.map(self.get, keys)):
                if verdict:
                    wrong[verdict].append(key)
        return wrong

    def result(self) -> dict[str, t.Any]:
        attempts, failed, done = list(self.attempts), list(self.failed), sorted(self.done)  # of the load, without those of the proof
        broken = [attempt for attempt in attempts if attempt[2]]
        wrong = self.proof()
        later = [attempt for attempt in attempts if self.marked is not None and attempt[0] >= self.marked + LATER]
        return {
            "calls": len(done),
            "objects": len(self.sums),
            "failed": failed,
            "attempts": len(attempts),
            "attempts_failed": len(broken),
            "attempts_later": len(later),
            "attempts_later_failed": [self._told(attempt) for attempt in later if attempt[2]],
            "examples": [self._told(attempt) for attempt in broken[:5]],
            "longest_pause": round(max((end - begin for begin, end in zip(done, done[1:])), default=0.0), 1),
            "longest_attempt": round(max((end - begin for begin, end, _wrong in attempts), default=0.0), 1),
            **wrong,
            "absent": sorted(self.absent.difference(wrong["lost"])),
        }

    def _told(self, attempt: tuple[float, float, str]) -> str:
        begin, end, wrong = attempt
        return "%s after %.1f s%s" % (wrong, end - begin, "" if self.marked is None else ", begun %.1f s after the mark" % (begin - self.marked))


def store(environment: t.Mapping[str, str], clients: int, retries: int | None, timeout: int) -> t.Any:
    """A client that signs as W&B does and sends no trailers, which the proxy refuses. A number of retries is each call's own, which boto3's newer mode is not:
    there all calls of a client share what they may ask again.
    """
    return boto3.client(
        "s3",
        endpoint_url=environment["STORE_URL"],
        aws_access_key_id=environment["STORE_USER"],
        aws_secret_access_key=Path(environment["STORE_SECRET_FILE"]).read_text(encoding="utf-8"),
        region_name="us-east-1",
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            max_pool_connections=clients,
            connect_timeout=timeout,
            read_timeout=timeout,
            proxies={},
            **({} if retries is None else {"retries": {"mode": "legacy", "total_max_attempts": retries + 1}}),
        ),
    )


def main(words: t.Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="s3_load.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--retries", type=int, help="retries of a client, in place of boto3's own number")
    parser.add_argument("--timeout", type=int, default=30, help="seconds that a client waits for an answer")
    parser.add_argument("--remove", action="store_true", help="remove all objects in the end")
    parser.add_argument("result", type=Path)
    wanted = parser.parse_args(words)
    load = Load(store(os.environ, wanted.clients, wanted.retries, wanted.timeout), os.environ["STORE_BUCKET"], "load-%d/" % time.time())
    signal.signal(signal.SIGTERM, lambda number, frame: load.stop.set())
    signal.signal(signal.SIGUSR1, lambda number, frame: setattr(load, "marked", time.time()))
    wanted.result.write_text("{}", encoding="utf-8")  # it has begun
    threads = [threading.Thread(target=load.client, args=(number,)) for number in range(wanted.clients)]
    for thread in threads:
        thread.start()
    while not load.stop.wait(0.5):  # a signal that another thread was given is handled only when this one goes on
        pass
    for thread in threads:
        thread.join()
    result = load.result()
    if wanted.remove:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(load.remove, list(load.sums)))
    wanted.result.write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main()
