"""Answers the GraphQL operations that the `wandb` client sends, by their names; each answer is the full shape that any
of the client's queries picks from, so the query text itself is not interpreted."""

import re
from dataclasses import dataclass
from typing import Any

from standin.storage import Bucket

OPERATIONS: dict = {}


class GraphQLError(Exception):
    """Becomes {"errors": [{"message": ...}]} in an answer with status 200."""


@dataclass
class Request:
    """What an operation works with."""

    cursor: Any  # of a transaction that is committed when the operation has returned
    bucket: Bucket
    host: str  # the public URL
    viewer: dict  # the row of `users` that the API key belongs to

    def one(self, sql: str, *values) -> dict | None:
        self.cursor.execute(sql, values)
        return self.cursor.fetchone()

    def all(self, sql: str, *values) -> list:
        self.cursor.execute(sql, values)
        return list(self.cursor.fetchall())

    def write(self, sql: str, *values) -> int:
        """Gives the id of an inserted row."""
        self.cursor.execute(sql, values)
        return self.cursor.lastrowid


def operation(*names: str):
    """Registers a function (request, variables) -> data under the operation's names."""

    def register(function):
        OPERATIONS.update(dict.fromkeys(names, function))
        return function

    return register


def operation_name(body: dict) -> str:
    if body.get("operationName"):
        return body["operationName"]
    found = re.search(r"\b(?:query|mutation)\s+(\w+)", body.get("query", ""))
    return found.group(1) if found else ""


def execute(body: dict, request: Request) -> dict:
    name = operation_name(body)
    if name not in OPERATIONS:
        return {"errors": [{"message": f"the test double does not know the operation {name!r}"}]}
    try:
        return {"data": OPERATIONS[name](request, body.get("variables") or {})}
    except GraphQLError as error:
        return {"errors": [{"message": str(error)}]}


def edges(nodes: list) -> dict:
    return {
        "edges": [{"node": node, "cursor": str(number)} for number, node in enumerate(nodes, 1)],
        "pageInfo": {"__typename": "PageInfo", "endCursor": None, "hasNextPage": False},
        "totalCount": len(nodes),
    }
