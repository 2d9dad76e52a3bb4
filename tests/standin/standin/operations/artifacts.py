"""Artifacts: versioned, deduplicated sets of files, described by a manifest that lies in the bucket."""

import base64
import binascii
import json

from standin.graphql import GraphQLError, Request, edges, operation
from standin.operations.runs import ensure_project, find_project, find_run, project_answer, timestamp
from standin.storage import StorageError


def manifest_key(artifact_id: int | str) -> str:
    return f"wandb_artifacts/manifests/{artifact_id}/wandb_manifest.json"


def content_key(project_id: int, md5: str) -> str:
    """`md5` as the client gives it, base64. The same bytes are stored once a project."""
    try:
        return f"wandb_artifacts/{project_id}/{base64.b64decode(md5, validate=True).hex()}"
    except binascii.Error:
        raise GraphQLError(f"bad digest {md5!r}") from None


def read_manifest(request: Request, artifact_id: int) -> dict:
    try:
        return json.loads(request.bucket.get(manifest_key(artifact_id)))["contents"]
    except (StorageError, ValueError, KeyError) as error:
        raise GraphQLError(f"manifest of artifact {artifact_id} cannot be read: {error}") from None


def find_collection(request: Request, variables: dict, name: str) -> tuple:
    """(project, collection), each None when it does not exist."""
    project = find_project(request, variables.get("entity"), variables.get("project"))
    if project is None:
        return None, None
    collection = request.one(
        "SELECT * FROM artifact_collections WHERE project_id = %s AND name = %s", project["id"], name
    )
    return project, collection


def find_version(request: Request, collection: dict | None, alias: str) -> dict | None:
    """By alias, or by version as v0."""
    if collection is None:
        return None
    if alias.startswith("v") and alias[1:].isdigit():
        return request.one(
            "SELECT * FROM artifacts WHERE collection_id = %s AND version_index = %s", collection["id"], int(alias[1:])
        )
    return request.one(
        "SELECT artifacts.* FROM artifacts JOIN artifact_aliases ON artifact_id = artifacts.id"
        " WHERE artifact_aliases.collection_id = %s AND alias = %s",
        collection["id"],
        alias,
    )


def newest(request: Request, collection_id: int) -> dict | None:
    return request.one(
        "SELECT * FROM artifacts WHERE collection_id = %s AND state = 'COMMITTED'"
        " ORDER BY version_index DESC LIMIT 1",
        collection_id,
    )


@operation("CreateArtifact")
def create_artifact(request: Request, variables: dict) -> dict:
    wanted = variables["input"]
    project = ensure_project(request, wanted["entityName"], wanted["projectName"])
    name = wanted["artifactCollectionName"]
    request.write(
        "INSERT IGNORE INTO artifact_collections (project_id, name, type) VALUES (%s, %s, %s)",
        project["id"],
        name,
        wanted["artifactTypeName"],
    )
    collection = request.one(
        "SELECT * FROM artifact_collections WHERE project_id = %s AND name = %s", project["id"], name
    )
    latest = newest(request, collection["id"])
    if latest and latest["digest"] == wanted["digest"] and wanted.get("enableDigestDeduplication"):
        artifact_id, state = latest["id"], "COMMITTED"
        set_aliases(request, collection["id"], artifact_id, requested_aliases(wanted))
    else:
        state = "PENDING"
        run = request.one(
            "SELECT id FROM runs WHERE project_id = %s AND name = %s", project["id"], wanted.get("runName")
        )
        artifact_id = request.write(
            "INSERT INTO artifacts (collection_id, run_id, digest, digest_algorithm, description, metadata,"
            " requested_aliases) VALUES (%s, %s, %s, %s, %s, %s, %s)",
            collection["id"],
            run and run["id"],
            wanted["digest"],
            wanted.get("digestAlgorithm") or "MANIFEST_MD5",
            wanted.get("description"),
            wanted.get("metadata"),
            json.dumps(requested_aliases(wanted)),
        )
    sequence = {"id": str(collection["id"]), "latestArtifact": latest and {"id": str(latest["id"])}}
    return {"createArtifact": {"artifact": {"id": str(artifact_id), "state": state, "artifactSequence": sequence}}}


def requested_aliases(wanted: dict) -> list:
    return [alias["alias"] for alias in wanted.get("aliases") or []]


def set_aliases(request: Request, collection_id: int, artifact_id: int, aliases: list) -> None:
    request.cursor.executemany(
        "REPLACE INTO artifact_aliases (collection_id, alias, artifact_id) VALUES (%s, %s, %s)",
        [(collection_id, alias, artifact_id) for alias in aliases],
    )


@operation("CreateArtifactManifest", "UpdateArtifactManifest")
def create_manifest(request: Request, variables: dict) -> dict:
    """An artifact has one manifest, so both carry the same id."""
    manifest_id = str(variables.get("artifactID") or variables["artifactManifestID"])
    file = {"id": manifest_id, "uploadUrl": request.bucket.put_url(manifest_key(manifest_id)), "uploadHeaders": []}
    answer = {"artifactManifest": {"id": manifest_id, "file": file}}
    return {"createArtifactManifest": answer, "updateArtifactManifest": answer}


@operation("CreateArtifactFiles")
def create_files(request: Request, variables: dict) -> dict:
    """No URL for a file whose bytes the bucket already has. Content-MD5 makes the store refuse other bytes."""
    nodes = []
    for file in variables["input"]["artifactFiles"]:
        artifact = request.one(
            "SELECT artifacts.id, project_id FROM artifacts"
            " JOIN artifact_collections ON artifact_collections.id = collection_id WHERE artifacts.id = %s",
            file["artifactID"],
        )
        if artifact is None:
            raise GraphQLError("could not find artifact")
        key = content_key(artifact["project_id"], file["md5"])
        try:
            stored = request.bucket.head(key)
        except StorageError as error:
            raise GraphQLError(f"object store: {error}") from None
        nodes.append(
            {
                "storagePath": key,
                "name": file["name"],
                "uploadUrl": None if stored else request.bucket.put_url(key),
                "uploadHeaders": [f"Content-MD5:{file['md5']}"],
                "uploadMultipartUrls": None,
                "artifact": {"id": str(artifact["id"])},
            }
        )
    return {"createArtifactFiles": {"files": edges(nodes)}}


@operation("CommitArtifact")
def commit_artifact(request: Request, variables: dict) -> dict:
    artifact = request.one("SELECT * FROM artifacts WHERE id = %s", variables["artifactID"])
    if artifact is None:
        raise GraphQLError("could not find artifact")
    collection_id = artifact["collection_id"]
    # Two commits into one collection get two versions: the second waits here for the first.
    request.one("SELECT id FROM artifact_collections WHERE id = %s FOR UPDATE", collection_id)
    if artifact["state"] != "COMMITTED":
        contents = read_manifest(request, artifact["id"])
        index = request.one(
            "SELECT COALESCE(MAX(version_index) + 1, 0) AS next FROM artifacts WHERE collection_id = %s FOR UPDATE",
            collection_id,
        )["next"]
        request.write(
            "UPDATE artifacts SET state = 'COMMITTED', version_index = %s, size = %s, file_count = %s WHERE id = %s",
            index,
            sum(entry.get("size") or 0 for entry in contents.values()),
            len(contents),
            artifact["id"],
        )
        set_aliases(
            request, collection_id, artifact["id"], [*json.loads(artifact["requested_aliases"]), "latest"]
        )
    return {"commitArtifact": {"artifact": {"id": str(artifact["id"]), "digest": artifact["digest"]}}}


@operation("UseArtifact")
def use_artifact(request: Request, variables: dict) -> dict:
    wanted = variables.get("input") or variables
    run = find_run(request, {"entity": wanted["entityName"], "project": wanted["projectName"]}, wanted["runName"])
    request.write(
        "INSERT IGNORE INTO artifact_uses (artifact_id, run_id) VALUES (%s, %s)", wanted["artifactID"], run["id"]
    )
    return {"useArtifact": {"artifact": {"id": str(wanted["artifactID"])}}}


@operation("ArtifactType")
def artifact_type(request: Request, variables: dict) -> dict:
    name, dummy, alias = variables["name"].partition(":")
    dummy, collection = find_collection(request, variables, name)
    found = find_version(request, collection, alias or "latest")
    return {"project": {"artifact": found and {"artifactType": {"name": collection["type"]}}}}


@operation("ArtifactMembershipByName")
def artifact_by_name(request: Request, variables: dict) -> dict:
    name, dummy, alias = variables["name"].partition(":")
    project, collection = find_collection(request, variables, name)
    found = find_version(request, collection, alias or "latest")
    if found is None:
        return {"project": {"artifactCollectionMembership": None}}
    sequence = {"__typename": "ArtifactSequence", "name": name, "project": project_answer(project)}
    aliases = [
        {"__typename": "ArtifactAlias", "id": str(row["id"]), "alias": row["alias"], "artifactCollection": sequence}
        for row in request.all("SELECT id, alias FROM artifact_aliases WHERE artifact_id = %s", found["id"])
    ]
    artifact = {
        "__typename": "Artifact",
        "id": str(found["id"]),
        "artifactSequence": sequence,
        "artifactType": {"name": collection["type"]},
        "versionIndex": found["version_index"],
        "description": found["description"],
        "metadata": found["metadata"] or "{}",
        "ttlDurationSeconds": -2,
        "ttlIsInherited": True,
        "tags": [],
        "historyStep": None,
        "state": found["state"],
        "size": found["size"],
        "digest": found["digest"],
        "digestAlgorithm": found["digest_algorithm"],
        "commitHash": None,
        "fileCount": found["file_count"],
        "createdAt": timestamp(found["created_at"]),
        "updatedAt": timestamp(found["created_at"]),
        "aliases": aliases,
    }
    membership = {
        "__typename": "ArtifactCollectionMembership",
        "id": str(found["id"]),
        "versionIndex": found["version_index"],
        "createdAt": timestamp(found["created_at"]),
        "aliases": aliases,
        "artifactCollection": sequence,
        "artifact": artifact,
    }
    return {"project": {"artifactCollectionMembership": membership}}


@operation("FetchArtifactManifest", "ArtifactManifest")
def fetch_manifest(request: Request, variables: dict) -> dict:
    key = manifest_key(variables.get("id") or variables["artifact_id"])
    return {"artifact": {"currentManifest": {"file": {"directUrl": request.bucket.get_url(key)}}}}


@operation("GetArtifactMembershipFileUrls")
def artifact_files(request: Request, variables: dict) -> dict:
    """Every entry of the manifest, references to files elsewhere included: the client counts them."""
    project, collection = find_collection(request, variables, variables["collection"])
    found = find_version(request, collection, variables["alias"])
    if found is None:
        raise GraphQLError("could not find artifact")
    nodes = []
    for name, entry in read_manifest(request, found["id"]).items():
        url = entry.get("ref") or request.bucket.get_url(content_key(project["id"], entry["digest"]))
        nodes.append({"__typename": "File", "name": name, "directUrl": url})
    membership = {"files": edges(nodes)}
    return {"project": {"artifactCollection": {"__typename": "ArtifactSequence", "artifactMembership": membership}}}
