"""Which navigation of a product leads nowhere, as far as declarations tell."""

from collections.abc import Iterator, Mapping

from dphub_k8s.api.errors import unknown
from dphub_k8s.api.navigation import Navigation
from dphub_k8s.api.product import DataProduct


def unserved(product: DataProduct, others: Mapping[str, DataProduct | None]) -> Iterator[str]:
    """A sentence for each that cannot be served. `others` are all products that are declared, None
    for those that were refused: what is published of them may be another thing."""
    for each in product.spec.entity.navigation:
        if why := _fault(each, product, others):
            yield f"navigation {each.name!r} is not served: {why}"


def _fault(
    each: Navigation, product: DataProduct, others: Mapping[str, DataProduct | None]
) -> str | None:
    if each.product not in others:
        return unknown(each.product, "product", others)
    other = others[each.product]
    if other is None:
        return None
    wanted = each.entity_set or other.resource
    if wanted == other.resource:
        return each.misfit(product.spec.entity.leading, other.spec.entity.leading)
    published = {each.entity_set for each in other.spec.backend.published.values()}
    if wanted in published:
        return None  # only a build knows the columns of a source
    return unknown(wanted, f"entity set of {other.name}", {other.resource, *published})
