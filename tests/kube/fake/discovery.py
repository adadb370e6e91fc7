"""What kubectl asks first."""

from tests.kube.fake.kinds import Kind
from tests.kube.fake.refusal import Doc
from tests.kube.fake.state import State

VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
VERSION = {"major": "1", "minor": "36", "gitVersion": "v1.36.3+fake", "platform": "linux/amd64"}


def answer(state: State, parts: list[str]) -> Doc | str | None:
    """None: it is nothing of this."""
    match parts:
        case ["version"]:
            return VERSION
        case ["readyz" | "livez" | "healthz"]:
            return "ok"
        case ["api"]:
            return {"kind": "APIVersions", "versions": ["v1"]}
        case ["api", "v1"]:
            return _resources(state, "", "v1")
        case ["apis"]:
            groups = sorted({kind.group for kind in state.kinds.values() if kind.group})
            return {
                "kind": "APIGroupList",
                "apiVersion": "v1",
                "groups": [_group(state, group) for group in groups],
            }
        case ["apis", group] if any(kind.group == group for kind in state.kinds.values()):
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(state, group)}
        case ["apis", group, version] if any(each[:2] == (group, version) for each in state.kinds):
            return _resources(state, group, version)
        case _:
            return None


def _group(state: State, group: str) -> Doc:
    names = sorted({kind.version for kind in state.kinds.values() if kind.group == group})
    versions = [{"groupVersion": f"{group}/{name}", "version": name} for name in names]
    return {"name": group, "versions": versions, "preferredVersion": versions[0]}


def _resources(state: State, group: str, version: str) -> Doc:
    found: list[Doc] = []
    for kind in state.kinds.values():
        if (kind.group, kind.version) == (group, version):
            found.append(_resource(kind, kind.plural, VERBS))
            if kind.status:
                found.append(_resource(kind, f"{kind.plural}/status", ["get", "patch", "update"]))
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": found,
    }


def _resource(kind: Kind, name: str, verbs: list[str]) -> Doc:
    return {
        "name": name,
        "singularName": kind.kind.lower(),
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": verbs,
        "shortNames": list(kind.short),
        "categories": list(kind.categories),
    }
