"""Who is asking, and what the server can do."""

from standin.graphql import Request, edges, operation


@operation("Viewer", "GetViewer", "GetDefaultEntity")
def viewer(request: Request, _variables: dict) -> dict:
    user = request.viewer
    return {
        "viewer": {
            "id": str(user["id"]),
            "entity": user["username"],
            "username": user["username"],
            "name": user["username"],
            "email": user["email"],
            "admin": bool(user["admin"]),
            "flags": "{}",
            "deletedAt": None,
            "teams": edges([{"name": user["username"]}]),
            "apiKeys": edges([]),
        }
    }


@operation("ServerFeaturesQuery")
def server_features(_request: Request, _variables: dict) -> dict:
    return {"serverInfo": {"features": []}}


@operation("ServerInfo")
def server_info(_request: Request, _variables: dict) -> dict:
    return {"serverInfo": {"cliVersionInfo": {"min_cli_version": "0.0.1", "max_cli_version": "0.31.0"}}}


@operation("OrganizationCoreWeaveOrganizationID")
def organization(_request: Request, _variables: dict) -> dict:
    return {"entity": {"organization": {"coreWeaveOrganizationId": None}}}
