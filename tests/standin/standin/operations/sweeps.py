"""Sweeps: a grid of parameters, handed out one run a heartbeat."""

import itertools
import json
import secrets

import yaml

from standin.graphql import GraphQLError, Request, operation
from standin.operations.runs import ensure_project, find_project, project_answer


def grid(config: dict) -> list:
    """Every combination of a grid's values, as the arguments of a run: [{"x": {"value": 0.1}}, ...]"""
    if config.get("method") != "grid":
        raise GraphQLError("the test double runs grid sweeps only")
    names = list(config["parameters"])
    choices = [
        parameter["values"] if "values" in parameter else [parameter["value"]]
        for parameter in config["parameters"].values()
    ]
    return [{name: {"value": value} for name, value in zip(names, row)} for row in itertools.product(*choices)]


@operation("UpsertSweep")
def upsert_sweep(request: Request, variables: dict) -> dict:
    config = yaml.safe_load(variables["config"])
    grid(config)
    project = ensure_project(request, variables.get("entityName"), variables.get("projectName"))
    name = secrets.token_hex(4)
    sweep_id = request.write(
        "INSERT INTO sweeps (project_id, name, config) VALUES (%s, %s, %s)", project["id"], name, json.dumps(config)
    )
    sweep = {"id": str(sweep_id), "name": name, "project": project_answer(project)}
    return {"upsertSweep": {"sweep": sweep, "configValidationWarnings": []}}


@operation("CreateAgent")
def create_agent(request: Request, variables: dict) -> dict:
    project = find_project(request, variables.get("entityName"), variables.get("projectName"))
    sweep = project and request.one(
        "SELECT id FROM sweeps WHERE project_id = %s AND name = %s", project["id"], variables["sweep"]
    )
    if not sweep:
        raise GraphQLError(f"could not find sweep {variables['sweep']}")
    agent_id = request.write("INSERT INTO agents (sweep_id, host) VALUES (%s, %s)", sweep["id"], variables["host"])
    return {"createAgent": {"agent": {"id": str(agent_id)}}}


@operation("Heartbeat")
def heartbeat(request: Request, variables: dict) -> dict:
    sweep = request.one(
        "SELECT sweeps.* FROM sweeps JOIN agents ON sweep_id = sweeps.id WHERE agents.id = %s FOR UPDATE",
        variables["id"],
    )
    if sweep is None:
        raise GraphQLError("could not find agent")
    request.write("UPDATE agents SET heartbeat_at = NOW(6) WHERE id = %s", variables["id"])
    runs = grid(json.loads(sweep["config"]))
    if sweep["issued"] < len(runs):
        request.write("UPDATE sweeps SET issued = issued + 1 WHERE id = %s", sweep["id"])
        run_id = secrets.token_hex(4)
        commands = [{"type": "run", "run_id": run_id, "args": runs[sweep["issued"]]}]
    else:
        commands = [{"type": "exit"}] if not json.loads(variables.get("runState") or "{}") else []
    return {"agentHeartbeat": {"agent": {"id": variables["id"]}, "commands": json.dumps(commands)}}
