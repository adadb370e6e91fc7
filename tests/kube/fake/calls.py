"""One request, as rights, faults and tests look at it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.kube.fake.kinds import Kind
from tests.kube.fake.state import State

VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch"}


@dataclass(frozen=True)
class Call:
    """`verb` is that of RBAC; `kind` is None for paths that are no resource."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    user: str = ""
    kind: Kind | None = None
    namespace: str | None = None
    name: str = ""
    subresource: str = ""

    @property
    def plural(self) -> str:
        return self.kind.plural if self.kind else ""

    @property
    def verb(self) -> str:
        if self.method == "GET":
            watching = self.query.get("watch") in ("true", "1")
            return "get" if self.name else "watch" if watching else "list"
        if self.method == "DELETE":
            return "delete" if self.name else "deletecollection"
        return VERBS.get(self.method, self.method.lower())


def read(state: State, method: str, path: str, query: Mapping[str, str], user: str) -> Call:
    parts = path.strip("/").split("/")
    group, rest = ("", parts[1:]) if parts[0] == "api" else ("".join(parts[1:2]), parts[2:])
    version, rest = "".join(rest[:1]), rest[1:]
    namespace = None
    if rest[:1] == ["namespaces"] and len(rest) > 2 and rest[2] not in ("status", "finalize"):
        namespace, rest = rest[1], rest[2:]
    kind = state.kinds.get((group, version, "".join(rest[:1]))) if rest else None
    name, subresource = "".join(rest[1:2]), "".join(rest[2:3])
    return Call(method, path, query, user, kind, namespace, name, subresource)
