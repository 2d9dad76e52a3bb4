# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Loads a MySQL server like W&B does, with the settings of the role and with MySQL's defaults in turn, and prints the figures as JSON.

    mysql_load.py [--socket PATH] [--rounds N] [--rows N]

Runs on the database host as root, with a Python that has PyMySQL. The settings that the server has at the start are "tuned"; they all can
be set while it runs, so one server is measured both ways in each round, in an order that alternates. They are back at the end, and the
database that it makes is dropped.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import json
import random
import statistics
import time
import typing as t

import pymysql

DATABASE = "baremetal_wandb_bench"
# What the role sets beside addresses.
SETTINGS = (
    "binlog_row_image",
    "innodb_buffer_pool_size",
    "innodb_flush_log_at_trx_commit",
    "innodb_online_alter_log_max_size",
    "innodb_redo_log_capacity",
    "max_allowed_packet",
    "max_connections",
    "sort_buffer_size",
    "sync_binlog",
)
CLIENTS = 4
CONFIG = 20 * 1024  # bytes of a run's config; its summary has a twentieth
LARGE = 300 * 1024  # bytes of one document that is larger than the default sort buffer
OUT_OF_SORT_MEMORY = 1038


class Load:
    """The server and what is done to it."""

    def __init__(self, socket: str, rows: int) -> None:
        self.socket, self.rows = socket, rows
        self.root = self.connect(None)

    def connect(self, database: str | None = DATABASE) -> pymysql.Connection:
        return pymysql.connect(unix_socket=self.socket, user="root", database=database, autocommit=True, charset="utf8mb4")

    def ask(self, statement: str, *arguments: t.Any, on: pymysql.Connection | None = None) -> list[tuple[t.Any, ...]]:
        with (on or self.root).cursor() as cursor:
            cursor.execute(statement, arguments or None)
            return list(cursor.fetchall())

    def settings(self) -> dict[str, t.Any]:
        return {name: self.ask(f"SELECT @@GLOBAL.{name}")[0][0] for name in SETTINGS}

    def set(self, values: dict[str, t.Any]) -> None:
        for name, value in values.items():
            self.ask(f"SET GLOBAL {name} = " + ("DEFAULT" if value == "DEFAULT" else "%s"), *(() if value == "DEFAULT" else (value,)))
        while self.ask("SHOW STATUS LIKE 'Innodb_buffer_pool_resize_status_code'")[0][1] != "0":  # pages move in the background
            time.sleep(0.1)

    def logged(self) -> int:
        """Bytes in the binary logs."""
        return sum(row[1] for row in self.ask("SHOW BINARY LOGS"))

    def share(self, work: t.Callable[[pymysql.Connection, int], None]) -> float:
        """Seconds in which all clients do their rows of the work."""

        def client(first: int) -> None:
            connection = self.connect()
            for row in range(first, self.rows, CLIENTS):
                work(connection, row)
            connection.close()

        begun = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(client, range(CLIENTS)))
        return time.monotonic() - begun

    def insert(self, connection: pymysql.Connection, row: int) -> None:
        self.ask("INSERT INTO runs (id, config, summary) VALUES (%s, %s, %s)", row + 1, document(row, CONFIG), document(row, CONFIG // 20), on=connection)

    def update(self, connection: pymysql.Connection, row: int) -> None:
        self.ask("UPDATE runs SET summary = %s WHERE id = %s", document(row + 1, CONFIG // 20), row + 1, on=connection)

    def sort(self) -> tuple[float, int]:
        """Seconds and merge passes of a sort that carries the JSON, as a table of runs by a metric does."""
        connection = self.connect()
        begun = time.monotonic()
        self.ask("SELECT id, config, summary FROM runs ORDER BY summary->'$.metric' DESC LIMIT 500", on=connection)
        seconds = time.monotonic() - begun
        passes = int(self.ask("SHOW SESSION STATUS LIKE 'Sort_merge_passes'", on=connection)[0][1])
        connection.close()
        return seconds, passes

    def sort_large(self) -> int:
        """The number of the error of a sort over rows with one large document, 0 for none."""
        connection = self.connect()
        try:
            self.ask("SELECT id, config FROM runs ORDER BY config->'$.metric'", on=connection)
        except pymysql.err.MySQLError as error:
            return int(error.args[0])
        finally:
            connection.close()
        return 0

    def round(self) -> dict[str, float]:
        """The figures of one round with the settings that are set."""
        self.ask("DROP TABLE IF EXISTS runs")
        self.ask("CREATE TABLE runs (id INT PRIMARY KEY, config JSON, summary JSON)")
        figures: dict[str, float] = {"insert": self.share(self.insert)}
        before = self.logged()
        figures["update"] = self.share(self.update)
        figures["logged by updates"] = (self.logged() - before) / 2**20
        figures["sort"], figures["merge passes"] = self.sort()
        self.ask("UPDATE runs SET config = %s WHERE id = 1", document(1, LARGE))
        figures["error"] = self.sort_large()
        return figures


def document(seed: int, size: int) -> str:
    """A JSON document of about that many bytes, with a metric to sort by."""
    chance = random.Random(seed)
    filler = {f"layer.{number}": "%032x" % chance.getrandbits(128) for number in range(size // 50)}
    return json.dumps({"metric": chance.random(), **filler})


def measure(load: Load, rounds: int) -> dict[str, t.Any]:
    tuned = load.settings()
    ways = {"default": dict.fromkeys(SETTINGS, "DEFAULT"), "tuned": tuned}
    figures: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
    load.ask(f"CREATE DATABASE IF NOT EXISTS {DATABASE}")
    load.root.select_db(DATABASE)
    try:
        for number in range(rounds):
            for way in sorted(ways, reverse=bool(number % 2)):
                load.set(ways[way])
                figures[way].append(load.round())
    finally:
        load.set(tuned)
        load.ask(f"DROP DATABASE {DATABASE}")
    middle = {way: {name: round(statistics.median(one[name] for one in found), 3) for name in found[0]} for way, found in figures.items()}
    for way, found in figures.items():
        middle[way]["error"] = max(one["error"] for one in found)
    return {"rows": load.rows, "rounds": rounds, "settings": tuned, **middle}


def table(found: dict[str, t.Any]) -> str:
    lines = [f"{'database, median of a round':<30} {'default':>9} {'tuned':>9} {'ratio':>7}"]
    for name, unit in (("insert", "s"), ("update", "s"), ("logged by updates", "MiB"), ("sort", "s"), ("merge passes", "")):
        default, tuned = found["default"][name], found["tuned"][name]
        ratio = f"{default / tuned:7.1f}" if tuned else f"{'':>7}"
        lines.append(f"{f'{name} {unit}'.strip():<30} {default:>9.1f} {tuned:>9.1f} {ratio}")
    errors = [f"error {found[way]['error']:.0f}" if found[way]["error"] else "none" for way in ("default", "tuned")]
    lines.append(f"{'sort of a 300 KiB document':<30} {errors[0]:>9} {errors[1]:>9}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="mysql_load.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--socket", default="/run/mysqld/mysqld.sock")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=int, default=2000)
    wanted = parser.parse_args()
    print(json.dumps(measure(Load(wanted.socket, wanted.rows), wanted.rounds)))


if __name__ == "__main__":
    main()
