"""What is served, as one immutable object: a request reads one catalog from beginning to end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b

from dphub_assets.lake.pointer import Pointer
from dphub_serving.catalog import views
from dphub_serving.catalog.served import Served
from dphub_serving.catalog.views import View


@dataclass(frozen=True)
class Catalog:
    """`routes` are the products with a snapshot, `waiting` those accepted and not built, by route.

    `pointers` and `degraded` (why something is not as it should be) are by product.
    """

    routes: Mapping[str, Served] = field(default_factory=dict)
    waiting: Mapping[str, str] = field(default_factory=dict)
    pointers: Mapping[str, Pointer] = field(default_factory=dict)
    degraded: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def products(self) -> Mapping[str, Served]:
        """By name."""
        return {served.name: served for served in self.routes.values()}

    @cached_property
    def hub_sets(self) -> Mapping[str, Served]:
        """By the name of the set in the hub's service; a product's route goes before it."""
        taken = {*self.routes, *self.waiting}
        return {name: served for name, served in self.hub.served.items() if name not in taken}

    @cached_property
    def hub_names(self) -> frozenset[str]:
        """What the meaning of a URL depends on."""
        return frozenset(self.hub_sets)

    @cached_property
    def hub(self) -> View:
        return self.hub_over(self.products)

    def hub_over(self, products: Mapping[str, Served]) -> View:
        """The hub's service, from other snapshots than the current ones."""
        return views.of_hub(products, {*self.routes, *self.waiting})

    def view(self, served: Served) -> View:
        """The service of a product that is served now."""
        return self.hub.own(served.name)

    @cached_property
    def state(self) -> str:
        """Changes whenever something else is served, or a path is taken or given back."""
        served = [(each.route, each.snapshot_id, each.sequence) for each in self._by_name]
        known = served, sorted(self.waiting)
        return blake2b(repr(known).encode(), digest_size=9).hexdigest()

    @property
    def _by_name(self) -> list[Served]:
        return sorted(self.routes.values(), key=lambda served: served.name)
