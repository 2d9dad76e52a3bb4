import json
import re

import pytest
from standin import graphql, operations
from standin.config import parse_bucket
from standin.graphql import GraphQLError, OPERATIONS, Request, execute, operation_name
from standin.operations import artifacts, runs, sweeps
from standin.storage import Bucket

# What wandb 0.31.0 was seen to send during `wandb login` and `wandb verify`.
CALLED = """Viewer GetDefaultEntity ServerFeaturesQuery ServerInfo OrganizationCoreWeaveOrganizationID UpsertBucket
CreateRunFiles Run RunFiles Project ArtifactType CreateArtifact CreateArtifactManifest CreateArtifactFiles CommitArtifact
ArtifactMembershipByName UseArtifact FetchArtifactManifest GetArtifactMembershipFileUrls UpsertSweep CreateAgent
Heartbeat""".split()


class FakeRequest(Request):
    """Answers each SELECT by the first of `rows` whose pattern the statement has; writes are remembered."""

    def __init__(self, rows=()):
        super().__init__(
            cursor=self,
            bucket=Bucket(parse_bucket("s3://k:s@s3.example.com/local-files?tls=true")),
            host="https://wandb.example.com",
            viewer={"id": 7, "username": "jane", "email": "jane@example.com", "admin": 0},
        )
        self.rows, self.written = list(rows), []
        self.lastrowid, self.rowcount = 42, 1

    def one(self, sql, *values):
        return next((row for pattern, row in self.rows if re.search(pattern, sql)), None)

    def all(self, sql, *values):
        return self.one(sql) or []

    def write(self, sql, *values):
        self.written.append((sql, values))
        return self.lastrowid

    def execute(self, sql, values=()):
        self.written.append((sql, values))

    def executemany(self, sql, values):
        self.written.append((sql, list(values)))


RUN = {"id": 3, "project_id": 1, "name": "r1", "entity": "jane", "project": "verify"}


def test_every_operation_of_the_client_is_known():
    assert operations.__all__
    assert set(CALLED) <= set(OPERATIONS)


def test_the_name_is_read_from_the_query():
    assert operation_name({"operationName": "Run", "query": "query Other { x }"}) == "Run"
    assert operation_name({"query": "#graphql\n  query RunFiles($a: String) { x }"}) == "RunFiles"
    assert operation_name({"query": "mutation CreateAgent(\n $host: String!) { x }"}) == "CreateAgent"
    assert operation_name({"query": "{ viewer { id } }"}) == ""


def test_unknown_and_failed_operations_are_graphql_errors():
    assert "does not know" in execute({"query": "query Nonsense { x }"}, FakeRequest())["errors"][0]["message"]
    answer = execute({"query": "query Run { x }", "variables": {"name": "r", "project": "p"}}, FakeRequest())
    assert answer == {"errors": [{"message": "could not find run r"}]}


def test_viewer():
    viewer = execute({"query": "query Viewer { viewer { id } }"}, FakeRequest())["data"]["viewer"]
    assert (viewer["id"], viewer["entity"], viewer["admin"], viewer["flags"]) == ("7", "jane", False, "{}")


def test_history_keys_are_flat_and_last():
    lines = [
        {"_step": 0, "loss": 1.0},
        {"_step": 11, "loss": 0.1, "dict": {"val1": 1.0, "val2": 2}, "page": {"_type": "html-file", "size": 1}},
    ]
    found = runs.history_keys(lines)
    assert found["lastStep"] == 11
    values = {name: key["previousValue"] for name, key in found["keys"].items()}
    assert values == {"_step": 11, "loss": 0.1, "dict.val1": 1.0, "dict.val2": 2, "page": {"_type": "html-file", "size": 1}}
    assert runs.history_keys([]) == {"lastStep": -1, "sets": [], "keys": {}}


def test_new_and_known_run():
    row = {**RUN, "display_name": None, "description": None, "config": "{}", "sweep_name": None}
    request = FakeRequest([("FROM runs", row), ("FROM projects", {"id": 1, "name": "verify", "entity": "jane"})])
    made = runs.upsert_run(request, {"name": "r1", "project": "verify", "config": '{"a": {"value": 1}}', "entity": None})
    assert made["upsertBucket"]["inserted"] is True
    assert made["upsertBucket"]["bucket"]["project"]["entity"]["name"] == "jane"
    assert ("UPDATE runs SET config = %s WHERE id = %s", ('{"a": {"value": 1}}', 42)) in request.written
    known = runs.upsert_run(request, {"id": "3", "state": "finished", "host": "ignored"})
    assert known["upsertBucket"]["inserted"] is False
    with pytest.raises(GraphQLError, match="could not find run"):
        runs.upsert_run(FakeRequest(), {"id": "9"})


def test_the_file_stream_appends_and_ends():
    request = FakeRequest()
    body = {
        "files": {
            "wandb-history.jsonl": {"offset": 5, "content": ['{"a": 1}', '{"a": 2}']},
            "wandb-summary.json": {"offset": 0, "content": ['{"a": 2}']},
        },
        "complete": True,
        "exitcode": 1,
    }
    runs.stream_lines(request, RUN, body)
    assert [v for sql, v in request.written if "run_lines" in sql] == [
        [(3, "wandb-history.jsonl", 5, '{"a": 1}'), (3, "wandb-history.jsonl", 6, '{"a": 2}')]
    ]
    assert [v for sql, v in request.written if "summary" in sql] == [('{"a": 2}', 3)]
    assert request.written[-1][1] == ("failed", 3)


def test_upload_urls_keep_the_name():
    request = FakeRequest([("FROM runs", RUN)])
    answer = runs.create_run_files(request, {"project": "verify", "run": "r1", "files": ["media/HT%3ML _1.html"]})
    file = answer["createRunFiles"]["files"][0]
    assert file["name"] == "media/HT%3ML _1.html"
    assert file["uploadUrl"].startswith("https://s3.example.com/local-files/jane/verify/r1/media/HT%253ML%20_1.html?X-Amz-")


def test_only_files_in_the_bucket_are_listed(monkeypatch):
    stored = {"jane/verify/r1/a b.txt": {"size": 4, "md5": "098f6bcd4621d373cade4e832627b4f6"}}
    rows = [{"id": n, "name": name, "updated_at": None} for n, name in enumerate(["a b.txt", "lost.txt", "other.txt"])]
    request = FakeRequest([("FROM run_files", rows), ("FROM runs", RUN)])
    monkeypatch.setattr(request.bucket, "head", stored.get, raising=False)
    answer = runs.run_files(request, {"project": "verify", "name": "r1", "fileNames": ["./a b.txt", "lost.txt"]})
    (edge,) = answer["project"]["run"]["files"]["edges"]
    assert edge["node"]["url"] == "https://wandb.example.com/files/jane/verify/r1/a%20b.txt"
    assert edge["node"]["directUrl"].startswith("https://s3.example.com/local-files/jane/verify/r1/a%20b.txt?")
    assert (edge["node"]["sizeBytes"], edge["node"]["md5"]) == ("4", "CY9rzUYh03PK3k6DJie09g==")
    assert answer["project"]["run"]["fileCount"] == 1


def test_stored_bytes_are_not_uploaded_again(monkeypatch):
    request = FakeRequest([("FROM artifacts", {"id": 5, "project_id": 1})])
    key = "wandb_artifacts/1/098f6bcd4621d373cade4e832627b4f6"
    file = {"artifactID": "5", "name": "f", "md5": "CY9rzUYh03PK3k6DJie09g=="}
    for found, url in (({"size": 4}, type(None)), (None, str)):
        monkeypatch.setattr(request.bucket, "head", {key: found}.get, raising=False)
        (edge,) = artifacts.create_files(request, {"input": {"artifactFiles": [file]}})["createArtifactFiles"]["files"]["edges"]
        assert isinstance(edge["node"]["uploadUrl"], url)
        assert edge["node"]["storagePath"] == key
        assert edge["node"]["uploadHeaders"] == ["Content-MD5:CY9rzUYh03PK3k6DJie09g=="]
    with pytest.raises(GraphQLError, match="bad digest"):
        artifacts.create_files(request, {"input": {"artifactFiles": [{**file, "md5": "../x"}]}})


def test_commit_needs_the_manifest_in_the_bucket(monkeypatch):
    row = {"id": 5, "collection_id": 2, "state": "PENDING", "digest": "d", "requested_aliases": '["art1"]'}
    request = FakeRequest([("MAX", {"next": 4}), ("FROM artifacts", row)])
    manifest = {"contents": {"a": {"digest": "x", "size": 6}, "b": {"ref": "file:///b", "size": 1}}}
    monkeypatch.setattr(request.bucket, "get", lambda key: json.dumps(manifest).encode(), raising=False)
    assert artifacts.commit_artifact(request, {"artifactID": "5"})["commitArtifact"]["artifact"]["id"] == "5"
    assert [v for sql, v in request.written if "COMMITTED" in sql] == [(4, 7, 2, 5)]
    assert [v for sql, v in request.written if "aliases" in sql] == [[(2, "art1", 5), (2, "latest", 5)]]
    monkeypatch.setattr(request.bucket, "get", lambda key: b"not json", raising=False)
    with pytest.raises(GraphQLError, match="manifest of artifact 5 cannot be read"):
        artifacts.commit_artifact(request, {"artifactID": "5"})


def test_artifact_files_include_references(monkeypatch):
    request = FakeRequest(
        [("FROM projects", {"id": 1, "entity": "jane", "name": "p"}), ("FROM artifact_collections", {"id": 2}), ("FROM artifacts", {"id": 5})]
    )
    contents = {"a": {"digest": "CY9rzUYh03PK3k6DJie09g=="}, "b": {"digest": "etag", "ref": "file:///b"}}
    monkeypatch.setattr(request.bucket, "get", lambda key: json.dumps({"contents": contents}).encode(), raising=False)
    answer = artifacts.artifact_files(request, {"entity": "jane", "project": "p", "collection": "c", "alias": "v0"})
    files = answer["project"]["artifactCollection"]["artifactMembership"]["files"]
    urls = {edge["node"]["name"]: edge["node"]["directUrl"] for edge in files["edges"]}
    assert urls["b"] == "file:///b"
    assert urls["a"].startswith("https://s3.example.com/local-files/wandb_artifacts/1/098f6bcd4621d373cade4e832627b4f6?")


def test_grid():
    config = {"method": "grid", "parameters": {"x": {"values": [0.1, 0.2]}, "y": {"values": [1, 2]}, "z": {"value": "c"}}}
    found = sweeps.grid(config)
    assert len(found) == 4 and found[1] == {"x": {"value": 0.1}, "y": {"value": 2}, "z": {"value": "c"}}
    with pytest.raises(GraphQLError, match="grid sweeps only"):
        sweeps.grid({"method": "bayes", "parameters": {}})


@pytest.mark.parametrize("issued, running, kind", [(0, "{}", "run"), (1, "{}", "run"), (2, '{"r": true}', None), (2, "{}", "exit")])
def test_heartbeat_hands_out_one_run_at_a_time(issued, running, kind):
    config = json.dumps({"method": "grid", "parameters": {"x": {"values": [1, 2]}}})
    request = FakeRequest([("FROM sweeps", {"id": 1, "config": config, "issued": issued})])
    answer = sweeps.heartbeat(request, {"id": "1", "runState": running})["agentHeartbeat"]
    commands = json.loads(answer["commands"])
    assert [command["type"] for command in commands] == ([kind] if kind else [])
    if kind == "run":
        assert commands[0]["args"] == {"x": {"value": issued + 1}}


def test_edges():
    assert graphql.edges([])["edges"] == [] and graphql.edges([1])["edges"][0]["node"] == 1
