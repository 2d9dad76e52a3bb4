# Copyright (c) 2026, The baremetal.wandb authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Policies, users and settings of MinIO through its admin API: read, plan, apply. PRIVATE to the collection.

A state is plain data without secrets, the same for what is there and what is wanted::

    {"policies": {NAME: policy, or None when absent},
     "users": {NAME: {"enabled": bool, "policies": [NAME, ...], "secret_key": "accepted", or why it is not}, or None when absent},
     "retired": {NAME: "present", or None when absent},
     "config": {SUBSYSTEM: {KEY: value}}}
"""

from __future__ import annotations

import json
import re
import shlex
import typing as t
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from urllib.parse import urlsplit

from ansible_collections.baremetal.wandb.plugins.module_utils._s3 import canonical, cleaned_origins, parsed_policy

# The least lengths that MinIO accepts, in characters (internal/auth/credentials.go). It names greatest ones too, 20 and 40, but
# holds only the keys that it generates itself to them.
ACCESS_KEY_LENGTH = 3
SECRET_KEY_LENGTH = 8


class AdminError(Exception):
    """What MinIO refused, as one sentence. I(code) is MinIO's, such as InvalidAccessKeyId."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__("%s: %s" % (code, message))
        self.code = code


class Admin:
    """The admin API of one node, signed by one user; every error it answers is an AdminError."""

    def __init__(self, minio: t.Any, url: str, access_key: str, secret_key: str, timeout: float, bundle: str | None) -> None:
        import urllib3
        from minio.credentials import StaticProvider
        from minio.error import MinioAdminException

        parts = urlsplit(url)
        self._errors = MinioAdminException
        self._admin = minio.MinioAdmin(
            endpoint=parts.netloc,
            credentials=StaticProvider(access_key, secret_key),
            secure=parts.scheme == "https",
            http_client=urllib3.PoolManager(
                timeout=urllib3.Timeout(connect=timeout, read=timeout),
                retries=urllib3.Retry(total=3, backoff_factor=0.3, status_forcelist=[500, 502, 503, 504]),
                cert_reqs="CERT_REQUIRED",
                ca_certs=bundle,
            ),
        )

    def __call__(self, call: str, *arguments: t.Any, **options: t.Any) -> str:
        import urllib3

        try:
            return getattr(self._admin, call)(*arguments, **options)
        except self._errors as error:
            with suppress(ValueError, AttributeError, TypeError):
                body = json.loads(error._body)
                raise AdminError(body["Code"], body.get("Message", "")) from None
            raise AdminError("HTTP %s" % error._code, str(error._body)[:200]) from None
        except urllib3.exceptions.HTTPError as error:
            raise AdminError("NoAnswer", str(getattr(error, "reason", None) or error)) from None
        except ValueError as error:  # the SDK could not decrypt the answer with this secret
            raise AdminError("NoAnswer", str(error)) from None


def wanted(params: dict[str, t.Any]) -> dict[str, t.Any]:
    """The state that the module's options ask for."""
    return {
        "policies": {policy["name"]: canonical(parsed_policy(policy["policy"])) for policy in params["policies"]},
        "users": {
            user["name"]: {"enabled": user["enabled"], "policies": sorted(user["policies"]), "secret_key": "accepted" if user["enabled"] else "untried"}
            for user in params["users"]
        },
        "retired": dict.fromkeys(params["retired_users"]),
        "config": _settings(params),
    }


def _settings(params: dict[str, t.Any]) -> dict[str, dict[str, str]]:
    """The values as MinIO keeps them; it takes origins apart at commas alone and compares them with what browsers send."""
    config = {subsystem: {key: str(value) for key, value in settings.items()} for subsystem, settings in params["config"].items()}
    if "cors_allow_origin" in config.get("api", {}):
        config["api"]["cors_allow_origin"] = ",".join(cleaned_origins(config["api"]["cors_allow_origin"].split(",")))
    return config


def complaint(params: dict[str, t.Any]) -> str:
    """Why MinIO would refuse an option, as one sentence that names it, or ""."""
    try:
        for policy in params["policies"]:
            parsed_policy(policy["policy"])
    except ValueError as error:
        return "policies: %s %s" % (policy["name"], error)
    try:
        _settings(params)
    except ValueError as error:
        return "config.api.cors_allow_origin: %s" % error
    for user in params["users"]:
        if len(user["name"]) < ACCESS_KEY_LENGTH or not user["name"].isascii() or set("=,") & set(user["name"]):
            return "users: the name %s must be %d or more ASCII characters without = and comma, for example wandb-local" % (user["name"], ACCESS_KEY_LENGTH)
        if len(user["secret_key"]) < SECRET_KEY_LENGTH or not user["secret_key"].isascii():
            return "users: the secret_key of %s must be %d or more ASCII characters" % (user["name"], SECRET_KEY_LENGTH)
        if user["name"] in params["retired_users"]:
            return "retired_users: %s is also in users, which are kept; name the one of before there, for example wandb-local" % user["name"]
        if user["name"] == params["access_key"]:
            return "users: %s is the account that signs in (access_key); give W&B a user of its own, for example wandb-local" % user["name"]
    return ""


def read(admin: Admin, want: dict[str, t.Any], sign_in: t.Callable[[str], str]) -> dict[str, t.Any]:
    """The state of everything that is wanted. I(sign_in) tries a user's wanted secret: "accepted", or MinIO's error code."""
    have: dict[str, t.Any] = {"policies": {}, "users": {}, "retired": {}, "config": {}}
    for name in want["policies"]:
        with _absent("XMinioAdminNoSuchPolicy", have["policies"], name):
            have["policies"][name] = canonical(json.loads(admin("policy_info", name)))
    for name in want["users"]:
        with _absent("XMinioAdminNoSuchUser", have["users"], name):
            found = json.loads(admin("user_info", name))
            enabled = found.get("status") == "enabled"
            have["users"][name] = {
                "enabled": enabled,
                "policies": sorted(filter(None, found.get("policyName", "").split(","))),
                "secret_key": _untried(want["users"][name], enabled) or sign_in(name),
            }
    for name in want["retired"]:
        with _absent("XMinioAdminNoSuchUser", have["retired"], name):
            admin("user_info", name)
            have["retired"][name] = "present"
    for subsystem, settings in want["config"].items():
        found, overridden = parsed_config(admin("config_get", subsystem), subsystem)
        have["config"][subsystem] = {key: found.get(key) for key in settings}
        for key, variable in overridden.items():
            if key in settings and settings[key] != found[key]:
                raise AdminError(
                    "Overridden",
                    "the server's environment variable %s wins over config.%s.%s: take it out of the server's environment" % (variable, subsystem, key),
                )
    return have


def other_secrets(have: dict[str, t.Any], want: dict[str, t.Any]) -> list[str]:
    """Users that are there with another secret than the wanted one. MinIO keeps one for a user, and with it end the URLs that it signed."""
    return [name for name, user in have["users"].items() if user and user["secret_key"] not in (want["users"][name]["secret_key"], "disabled")]


def in_use_until(admin: Admin, have: dict[str, t.Any], hours: int) -> datetime:
    """Until when URLs that a retired user signed may be about: so many hours after the last of the wanted users got its secret.

    Who is not there yet gets it now.
    """
    times = [datetime.now(timezone.utc)] if None in have["users"].values() else []
    for name in (name for name, user in have["users"].items() if user is not None):
        text = json.loads(admin("user_info", name))["updatedAt"]
        times.append(datetime.fromisoformat(re.sub(r"[.]\d+", "", text).replace("Z", "+00:00")))
    return max(times, default=datetime.min.replace(tzinfo=timezone.utc)) + timedelta(hours=hours)


def _untried(user: dict[str, t.Any], enabled: bool) -> str:
    """Why a secret is not tried: MinIO tells nothing about the secret of a disabled user; setting it enables the user."""
    if not user["enabled"]:
        return "untried"
    return "" if enabled else "disabled"


class _absent:
    """Notes None under a name when the block ends in the error code that says that it does not exist."""

    def __init__(self, code: str, into: dict[str, t.Any], name: str) -> None:
        self._code, self._into, self._name = code, into, name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: t.Any, error: t.Any, trace: t.Any) -> bool:
        if isinstance(error, AdminError) and error.code == self._code:
            self._into[self._name] = None
            return True
        return False


def parsed_config(text: str, subsystem: str) -> tuple[dict[str, str], dict[str, str]]:
    """The settings in MinIO's C(subsystem key=value ...) line, and the environment variables (lines with #) that win over some."""
    settings: dict[str, str] = {}
    variables: dict[str, str] = {}
    prefix = "MINIO_%s_" % subsystem.upper()
    for line in text.splitlines():
        if line.startswith("# " + prefix):
            variable, _equals, value = line[2:].partition("=")
            key = variable[len(prefix) :].lower()
            settings[key], variables[key] = value, variable
        elif line.split(" ")[0] == subsystem:
            for item in shlex.split(line)[1:]:
                key, _equals, value = item.partition("=")
                settings.setdefault(key, value)
    return settings, variables


class Step(t.NamedTuple):
    """One call of the admin API. I(what) is C(policy), C(user), C(attach), C(enable), C(disable), C(remove) or C(config)."""

    what: str
    name: str
    value: t.Any = None


def plan(have: dict[str, t.Any], want: dict[str, t.Any]) -> list[Step]:
    """What has to be done, in an order in which each call finds what it needs."""
    steps = [Step("policy", name, policy) for name, policy in want["policies"].items() if have["policies"].get(name) != policy]
    for name, user in want["users"].items():
        found = have["users"].get(name) or {"enabled": True, "policies": [], "secret_key": "absent"}
        if found["secret_key"] != user["secret_key"]:
            steps.append(Step("user", name))
            found = dict(found, enabled=True)  # setting the secret enables
        if found["policies"] != user["policies"]:
            steps.append(Step("attach", name, (found["policies"], user["policies"])))
        if found["enabled"] != user["enabled"]:
            steps.append(Step("enable" if user["enabled"] else "disable", name))
    steps += [Step("remove", name) for name in want["retired"] if have["retired"].get(name)]
    for subsystem, settings in want["config"].items():
        changed = {key: value for key, value in settings.items() if have["config"].get(subsystem, {}).get(key) != value}
        if changed:
            steps.append(Step("config", subsystem, changed))
    return steps


def apply(admin: Admin, step: Step, secret_keys: dict[str, str]) -> None:
    if step.what == "policy":
        admin("policy_add", step.name, policy=step.value)
    elif step.what == "user":
        admin("user_add", step.name, secret_keys[step.name])
    elif step.what == "attach":
        before, after = (set(policies) for policies in step.value)
        if after - before:
            admin("attach_policy", sorted(after - before), user=step.name)
        if before - after:
            admin("detach_policy", sorted(before - after), user=step.name)
    elif step.what == "enable":
        admin("user_enable", step.name)
    elif step.what == "disable":
        admin("user_disable", step.name)
    elif step.what == "remove":
        admin("user_remove", step.name)
        try:
            admin("policy_remove", step.name)
        except AdminError as error:
            if error.code != "XMinioIAMPolicyInUse":
                raise
    elif step.what == "config":
        admin("config_set", step.name, {key: '"%s"' % value if " " in value else value for key, value in step.value.items()})


def described(step: Step) -> str:
    """A step for people, without secrets."""
    return {
        "policy": "write policy %s",
        "user": "set the secret key of user %s",
        "attach": "attach exactly the wanted policies to user %s",
        "enable": "enable user %s",
        "disable": "disable user %s",
        "remove": "remove user %s",
        "config": "set configuration %s",
    }[step.what] % step.name


def empty(want: dict[str, t.Any]) -> dict[str, t.Any]:
    """The state of a store that has nothing of what is wanted."""
    return {
        "policies": dict.fromkeys(want["policies"]),
        "users": dict.fromkeys(want["users"]),
        "retired": dict(want["retired"]),
        "config": {subsystem: dict.fromkeys(settings) for subsystem, settings in want["config"].items()},
    }
