"""Projects, runs, their history and their files."""

import base64
import json
import mimetypes
from urllib.parse import quote

from standin.graphql import GraphQLError, Request, edges, operation
from standin.storage import StorageError

HISTORY, SUMMARY = "wandb-history.jsonl", "wandb-summary.json"

# What UpsertBucket may change, by the variable's name.
COLUMNS = {
    "displayName": "display_name",
    "description": "description",
    "notes": "notes",
    "groupName": "group_name",
    "jobType": "job_type",
    "commit": "commit_hash",
    "sweep": "sweep_name",
    "state": "state",
    "config": "config",
    "summaryMetrics": "summary",
}


def ensure_project(request: Request, entity: str | None, name: str | None) -> dict:
    entity, name = entity or request.viewer["username"], name or "uncategorized"
    request.write("INSERT IGNORE INTO projects (entity, name) VALUES (%s, %s)", entity, name)
    return find_project(request, entity, name)


def find_project(request: Request, entity: str | None, name: str | None) -> dict | None:
    entity = entity or request.viewer["username"]
    return request.one("SELECT * FROM projects WHERE entity = %s AND name = %s", entity, name)


def find_run(request: Request, variables: dict, name: str) -> dict:
    """The run with its project's `entity` and `project` columns."""
    run = request.one(
        "SELECT runs.*, projects.entity, projects.name AS project FROM runs JOIN projects ON projects.id = project_id"
        " WHERE entity = %s AND projects.name = %s AND runs.name = %s",
        variables.get("entity") or request.viewer["username"],
        variables["project"],
        name,
    )
    if run is None:
        raise GraphQLError(f"could not find run {name}")
    return run


def project_answer(project: dict) -> dict:
    return {
        "id": str(project["id"]),
        "internalId": str(project["id"]),
        "name": project["name"],
        "entity": {"id": project["entity"], "name": project["entity"]},
    }


def timestamp(value) -> str | None:
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if value else None


@operation("UpsertBucket")
def upsert_run(request: Request, variables: dict) -> dict:
    """A "bucket" is a run, in the client's oldest words."""
    inserted = False
    if variables.get("id"):
        run = request.one("SELECT id, project_id FROM runs WHERE id = %s", variables["id"])
        if run is None:
            raise GraphQLError("could not find run")
        run_id, project_id = run["id"], run["project_id"]
    else:
        project_id = ensure_project(request, variables.get("entity"), variables.get("project"))["id"]
        request.cursor.execute(
            "INSERT INTO runs (project_id, name, user_id, config, summary, tags)"
            " VALUES (%s, %s, %s, '{}', '{}', '[]') ON DUPLICATE KEY UPDATE id = LAST_INSERT_ID(id)",
            (project_id, variables["name"], request.viewer["id"]),
        )
        run_id, inserted = request.cursor.lastrowid, request.cursor.rowcount == 1
    changes = {COLUMNS[name]: value for name, value in variables.items() if name in COLUMNS and value is not None}
    if variables.get("tags") is not None:
        changes["tags"] = json.dumps(variables["tags"])
    for column, value in changes.items():
        request.write(f"UPDATE runs SET {column} = %s WHERE id = %s", value, run_id)
    run = request.one("SELECT * FROM runs WHERE id = %s", run_id)
    project = request.one("SELECT * FROM projects WHERE id = %s", project_id)
    bucket = {
        "id": str(run_id),
        "name": run["name"],
        "displayName": run["display_name"] or run["name"],
        "description": run["description"],
        "config": run["config"],
        "sweepName": run["sweep_name"],
        "historyLineCount": len(history(request, run_id)),
        "project": project_answer(project),
    }
    return {"upsertBucket": {"bucket": bucket, "inserted": inserted}}


def history(request: Request, run_id: int) -> list:
    rows = request.all(
        "SELECT content FROM run_lines WHERE run_id = %s AND stream = %s ORDER BY line", run_id, HISTORY
    )
    return [json.loads(row["content"]) for row in rows]


def flatten(values: dict, prefix: str = "") -> dict:
    """{"a": {"b": 1}} becomes {"a.b": 1}; a typed value such as an image stays whole."""
    flat = {}
    for name, value in values.items():
        if isinstance(value, dict) and "_type" not in value:
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[prefix + name] = value
    return flat


def history_keys(lines: list) -> dict:
    keys: dict = {}
    for line in lines:
        for name, value in flatten(line).items():
            seen = keys.setdefault(name, {"typeCounts": [], "monotonic": False, "previousValue": None})
            seen["previousValue"] = value
    last_step = max((line.get("_step", -1) for line in lines), default=-1)
    return {"lastStep": last_step, "sets": [], "keys": keys}


@operation("Run")
def run(request: Request, variables: dict) -> dict:
    run = find_run(request, variables, variables["name"])
    user = request.one("SELECT username FROM users WHERE id = %s", run["user_id"])
    lines = history(request, run["id"])
    return {
        "project": {
            "run": {
                "projectId": str(run["project_id"]),
                "id": str(run["id"]),
                "name": run["name"],
                "displayName": run["display_name"] or run["name"],
                "description": run["description"],
                "notes": run["notes"],
                "tags": json.loads(run["tags"]),
                "sweepName": run["sweep_name"],
                "state": run["state"],
                "group": run["group_name"],
                "jobType": run["job_type"],
                "commit": run["commit_hash"],
                "config": run["config"],
                "summaryMetrics": run["summary"],
                "systemMetrics": "{}",
                "readOnly": False,
                "createdAt": timestamp(run["created_at"]),
                "heartbeatAt": timestamp(run["heartbeat_at"]),
                "historyLineCount": len(lines),
                "historyKeys": history_keys(lines),
                "user": {"name": user["username"], "username": user["username"]},
            }
        }
    }


@operation("Project")
def large_post(request: Request, variables: dict) -> dict:
    """The question of `wandb verify` that carries ten million characters through the proxy."""
    project = find_project(request, variables["entity"], variables["name"])
    return {"project": project and {"run": None}}


def stream_lines(request: Request, run: dict, body: dict) -> None:
    """One POST of the client's file stream: appended lines, and at the end the run's exit code."""
    for stream, chunk in (body.get("files") or {}).items():
        if stream == SUMMARY and chunk["content"]:
            request.write("UPDATE runs SET summary = %s WHERE id = %s", chunk["content"][-1], run["id"])
            continue
        lines = [(run["id"], stream, chunk["offset"] + n, text) for n, text in enumerate(chunk["content"])]
        request.cursor.executemany(
            "REPLACE INTO run_lines (run_id, stream, line, content) VALUES (%s, %s, %s, %s)", lines
        )
    state = "running"
    if body.get("complete"):
        state = "finished" if body.get("exitcode") == 0 else "failed"
    request.write("UPDATE runs SET heartbeat_at = NOW(6), state = %s WHERE id = %s", state, run["id"])


def file_key(run: dict, name: str) -> str:
    return f"{run['entity']}/{run['project']}/{run['name']}/{name}"


@operation("CreateRunFiles")
def create_run_files(request: Request, variables: dict) -> dict:
    run = find_run(request, variables, variables["run"])
    request.cursor.executemany(
        "INSERT INTO run_files (run_id, name) VALUES (%s, %s) ON DUPLICATE KEY UPDATE updated_at = NOW(6)",
        [(run["id"], name) for name in variables["files"]],
    )
    files = [{"name": name, "uploadUrl": request.bucket.put_url(file_key(run, name))} for name in variables["files"]]
    return {"createRunFiles": {"runID": str(run["id"]), "uploadHeaders": [], "files": files}}


@operation("RunFiles")
def run_files(request: Request, variables: dict) -> dict:
    """Only what has really arrived in the bucket is listed."""
    run = find_run(request, variables, variables["name"])
    rows = request.all("SELECT * FROM run_files WHERE run_id = %s ORDER BY name", run["id"])
    wanted = {name.removeprefix("./") for name in variables.get("fileNames") or []}
    rows = [row for row in rows if not wanted or row["name"] in wanted][: variables.get("fileLimit") or 50]
    try:
        nodes = [file_answer(request, run, row) for row in rows]
    except StorageError as error:
        raise GraphQLError(f"object store: {error}") from None
    files = edges([node for node in nodes if node])
    answer = {"fileCount": len(files["edges"]), "files": files}
    return {"project": {"internalId": str(run["project_id"]), "run": answer}}


def file_answer(request: Request, run: dict, row: dict) -> dict | None:
    key = file_key(run, row["name"])
    found = request.bucket.head(key)
    if found is None:
        return None
    return {
        "__typename": "File",
        "id": str(row["id"]),
        "name": row["name"],
        "url": f"{request.host}/files/{quote(key)}",
        "directUrl": request.bucket.get_url(key),
        "sizeBytes": str(found["size"]),
        "mimetype": mimetypes.guess_type(row["name"])[0] or "application/octet-stream",
        "updatedAt": timestamp(row["updated_at"]),
        "md5": hex_to_base64(found["md5"]),
    }


def hex_to_base64(digest: str) -> str | None:
    """An object uploaded in parts has no MD5 of the whole: None."""
    return base64.b64encode(bytes.fromhex(digest)).decode() if len(digest) == 32 else None
