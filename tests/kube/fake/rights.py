"""Who may do what: everybody everything, until a test forbids it."""

from dataclasses import dataclass

from tests.kube.fake.calls import Call
from tests.kube.fake.refusal import Refusal


@dataclass(frozen=True)
class Forbidden:
    verb: str = "*"
    plural: str = "*"
    user: str = "*"
    subresource: str = "*"
    namespace: str = "*"

    def forbids(self, call: Call) -> bool:
        pairs = (
            (self.verb, call.verb),
            (self.plural, call.plural),
            (self.user, call.user),
            (self.subresource, call.subresource),
            (self.namespace, call.namespace),
        )
        return call.kind is not None and all(ours in ("*", theirs) for ours, theirs in pairs)


def refusal(call: Call) -> Refusal:
    assert call.kind is not None
    below = f"/{call.subresource}" if call.subresource else ""
    named = f' "{call.name}"' if call.name else ""
    place = f'in the namespace "{call.namespace}"' if call.namespace else "at the cluster scope"
    told = (
        f'{call.kind.resource}{named} is forbidden: User "{call.user}" cannot {call.verb} resource'
        f' "{call.kind.plural}{below}" in API group "{call.kind.group}" {place}'
    )
    return Refusal(403, told, details={"name": call.name, "kind": call.kind.plural})
