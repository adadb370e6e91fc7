"""What a request is about, and what is told of it when it is refused."""

from dataclasses import dataclass

from tests.kube.fake.kinds import Kind
from tests.kube.fake.refusal import Refusal
from tests.kube.fake.state import Key


@dataclass(frozen=True)
class Target:
    kind: Kind
    namespace: str
    name: str = ""
    subresource: str = ""

    @property
    def key(self) -> Key:
        return self.namespace, self.name

    @property
    def of_status(self) -> bool:
        return self.subresource == "status"


def changed(target: Target, why: str) -> Refusal:
    told = f'Operation cannot be fulfilled on {target.kind.resource} "{target.name}": {why}'
    details = {"name": target.name, "kind": target.kind.plural}
    return Refusal(409, told, details=details)


def invalid(target: Target, found: list[tuple[str, str]]) -> Refusal:
    kind = target.kind
    qualified = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    each = [f"{field}: {message}" for field, message in found]
    told = each[0] if len(each) == 1 else f"[{', '.join(each)}]"
    causes = [
        {"reason": "FieldValueInvalid", "message": message, "field": field}
        for field, message in found
    ]
    details = {"name": target.name, "group": kind.group, "kind": kind.kind, "causes": causes}
    return Refusal(422, f'{qualified} "{target.name}" is invalid: {told}', details=details)
