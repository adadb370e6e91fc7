"""The smallest valid product, and what a test wants different about it."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from itertools import pairwise
from pathlib import Path
from typing import Any

from dphub_k8s import documents
from dphub_k8s.admission import admit
from dphub_k8s.api.product import API_VERSION, KIND, DataProduct

ROOT = Path(__file__).parents[1]
DROPPED = object()
EXAMPLE = ROOT / "examples" / "southafrica-scheduled-outage" / "data-product.yaml"


def product(
    name: str = "orders",
    *,
    sources: Iterable[str] | Mapping[str, Any] = ("orders",),
    columns: Mapping[str, str | Mapping[str, Any]] | None = None,
    key: str = "id",
    joins: list[dict[str, Any]] | None = None,
    entity: str = "Order",
    **spec: Any,
) -> dict[str, Any]:
    """The document of a product: each source `s` is `s.parquet`, joined in a chain on `item`.

    `columns` is name -> type, or name -> all that is said of it; unless `key` is one of them it is
    put in front, generated. What else is given is a field of the spec.
    """
    if not isinstance(sources, Mapping):
        sources = {source: {"path": f"{source}.parquet"} for source in sources}
    wanted = columns or {"item": "string"}
    generated: dict[str, Any] = (
        {} if key in wanted else {key: {"type": "string", "generated": True}}
    )
    published = {**generated, **wanted}
    names = list(sources)
    chain = [{"left": left, "right": right, "on": ["item"]} for left, right in pairwise(names)]
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "metadata": {"name": name},
        "spec": {
            "backend": {"sources": dict(sources), "joins": chain if joins is None else joins},
            "entity": {
                "name": entity,
                "key_column": key,
                "columns": [
                    {"name": column, **({"type": said} if isinstance(said, str) else said)}
                    for column, said in published.items()
                ],
            },
            **spec,
        },
    }


def admitted(name: str = "orders", **said: Any) -> DataProduct:
    """The same, as the product that it declares."""
    return admit(product(name, **said))


def write(file: Path, *products: Mapping[str, Any]) -> Path:
    """A file of these documents."""
    file.write_text("---\n".join(documents.dump(one) for one in products))
    return file


def changed(document: Mapping[str, Any], path: str, value: object) -> dict[str, Any]:
    """A copy in which the field at `spec.entity.columns.0.type` (say) is another, or DROPPED."""
    *steps, last = path.split(".")
    copy: dict[str, Any] = deepcopy(dict(document))
    place: Any = copy
    for step in steps:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
    if value is DROPPED:
        del place[last]
    elif isinstance(place, list) and int(last) == len(place):
        place.append(value)
    else:
        place[int(last) if isinstance(place, list) else last] = value
    return copy
