"""Who owns which leaf of an object: server-side apply, and what other writes take over."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass

from tests.kube.fake import paths
from tests.kube.fake.kinds import Kind
from tests.kube.fake.paths import Path
from tests.kube.fake.refusal import Doc, Refusal


@dataclass(frozen=True, order=True)
class Owner:
    manager: str
    operation: str
    subresource: str = ""


Owners = Mapping[Owner, frozenset[Path]]


def applied(
    kind: Kind, live: Doc, owners: Owners, body: Doc, me: Owner, force: bool
) -> tuple[Doc, Owners]:
    """The object and its owners after `me` has applied `body`; refuses conflicts."""
    wanted = paths.leaves(body, kind)
    others = {owner: owned for owner, owned in owners.items() if owner != me}
    taken = {
        owner: frozenset(_overlapping(path, owned) for path in _changed(live, wanted)) - {None}
        for owner, owned in others.items()
    }
    if any(taken.values()) and not force:
        raise _conflict(kind, taken)
    kept = {owner: owned - taken[owner] for owner, owned in others.items()}
    result = copy.deepcopy(live)
    gone = owners.get(me, frozenset()) - wanted.keys()
    paths.drop(
        result,
        [path for path in gone if not any(_overlapping(path, owned) for owned in kept.values())],
    )
    for path, value in wanted.items():
        paths.put(result, path, copy.deepcopy(value))
    return result, _without_empty({**kept, me: frozenset(wanted)})


def updated(kind: Kind, live: Doc, owners: Owners, result: Doc, me: Owner) -> Owners:
    """After a write that is no apply: what it changed is its own now."""
    before, after = paths.leaves(live, kind), paths.leaves(result, kind)
    changed = {path for path, value in after.items() if before.get(path, paths.MISSING) != value}
    gone = before.keys() - after.keys()
    kept = {owner: frozenset(owned - changed - gone) for owner, owned in owners.items()}
    kept[me] = kept.get(me, frozenset()) | changed
    return _without_empty(kept)


def managed(owners: Owners, kind: Kind, time: str) -> list[Doc]:
    """As `metadata.managedFields` shows them."""
    return [
        {
            "manager": owner.manager,
            "operation": owner.operation,
            "apiVersion": kind.api_version,
            "time": time,
            "fieldsType": "FieldsV1",
            "fieldsV1": _tree(owned),
            **({"subresource": owner.subresource} if owner.subresource else {}),
        }
        for owner, owned in sorted(owners.items())
    ]


def _changed(live: Doc, wanted: Mapping[Path, object]) -> list[Path]:
    return [path for path, value in wanted.items() if paths.found(live, path) != value]


def _overlapping(path: Path, owned: frozenset[Path]) -> Path | None:
    if path in owned:
        return path
    return next((o for o in owned if o[: len(path)] == path or path[: len(o)] == o), None)


def _conflict(kind: Kind, taken: Mapping[Owner, frozenset[Path | None]]) -> Refusal:
    causes = [
        {
            "reason": "FieldManagerConflict",
            "message": f'conflict with "{owner.manager}" using {kind.api_version}',
            "field": "".join(f".{element[2:]}" for element in path),
        }
        for owner, owned in sorted(taken.items())
        for path in sorted(each for each in owned if each)
    ]
    told = ", ".join(f"{cause['message']}: {cause['field']}" for cause in causes)
    count = f"{len(causes)} conflict{'s' if len(causes) > 1 else ''}"
    return Refusal(409, f"Apply failed with {count}: {told}", details={"causes": causes})


def _without_empty(owners: Owners) -> Owners:
    return {owner: owned for owner, owned in owners.items() if owned}


def _tree(owned: frozenset[Path]) -> Doc:
    tree: Doc = {}
    for path in sorted(owned):
        here = tree
        for element in path:
            here = here.setdefault(element, {})
    return tree
