"""Products as the state of a Dagster component: definitions that can be reloaded in place.

Dagster's reload calls want a component tree. This one is made in code, so that an installed wheel
works from any folder: no defs folder, no pyproject.toml.
"""

import importlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import dagster as dg
from dagster.components import DefsStateConfig, DefsStateConfigArgs
from dagster.components.core.component_tree import ComponentTree
from dagster.components.core.context import ComponentDeclLoadContext
from dagster.components.core.decl import ComponentLoaderDecl, ComponentRootDecl
from dagster.components.core.defs_module import ComponentLoc, ComponentPath, ComponentRootLoc

from dphub_assets.build.publish import Builder
from dphub_assets.decide.declared import Declarations, Declared
from dphub_assets.graph import scope, translator
from dphub_assets.graph.assets import product_asset
from dphub_assets.graph.state import State, state_key
from dphub_k8s.api.sources import Source
from dphub_k8s.shards import Shard

# Of one product: its asset (or the marker of a refused one) and the endpoint.
Made = tuple[dg.AssetsDefinition | dg.AssetSpec, ...]


class DataProducts(dg.StateBackedComponent):
    """The products of one shard."""

    def __init__(
        self,
        declarations: Declarations,
        builder: Builder,
        public_url: str,
        sensors: Sequence[dg.SensorDefinition],
        shard: Shard = Shard(),  # noqa: B008  frozen
    ) -> None:
        self.shard = shard
        self._declarations = declarations
        self._builder = builder
        self._public_url = public_url
        self._sensors = tuple(sensors)
        # The process outlives its reloads: what did not change is not made again.
        self._state = State()
        self._made: dict[str, tuple[Declared, Made]] = {}

    @property
    def defs_state_config(self) -> DefsStateConfig:
        arguments = DefsStateConfigArgs.versioned_state_storage()
        arguments.refresh_if_dev = False  # the sensor refreshes
        return DefsStateConfig.from_args(arguments, default_key=state_key(self.shard))

    def write_state_to_path(self, state_path: Path) -> None:
        declared = self._declarations.read()
        found = [one for name, one in declared.items() if self.shard.holds(name)]
        state_path.write_text(self._state.dump(found))

    def build_defs_from_state(
        self,
        context: dg.ComponentLoadContext,  # noqa: ARG002  Dagster's signature
        state_path: Path | None,
    ) -> dg.Definitions:
        """Without a state there is the sensor alone; its first tick finds work and reloads."""
        text = state_path.read_text() if state_path else "{}"
        found = self._state.load(text, scope.read())
        return dg.Definitions(
            assets=self._assets(found), sensors=self._sensors, executor=dg.in_process_executor
        )

    def _assets(self, found: Mapping[str, Declared]) -> list[dg.AssetsDefinition | dg.AssetSpec]:
        self._made = {one.name: (one, self._make_once(one)) for one in found.values()}
        made = [asset for _, assets in self._made.values() for asset in assets]
        return [*made, *map(translator.source_spec, locations(found.values()))]

    def _make_once(self, one: Declared) -> Made:
        known = self._made.get(one.name)
        return known[1] if known and known[0] is one else self._make(one)

    def _make(self, one: Declared) -> Made:
        if one.product is None:
            return (translator.broken_spec(one, one.message),)
        try:
            asset = product_asset(one, one.product, self._builder, self._public_url)
            return asset, translator.endpoint_spec(one.product, self._public_url)
        except Exception as problem:  # noqa: BLE001  one product must not take the others with it
            return (translator.broken_spec(one, f"{type(problem).__name__}: {problem}"),)


def locations(found: Iterable[Declared]) -> list[Source]:
    """The source locations of all products, each once."""
    products = [one.product for one in found if one.product]
    sources = [source for one in products for source in one.spec.backend.sources.values()]
    by_path = {source.path: source for source in sources if source.path is not None}
    return [source for _, source in sorted(by_path.items())]


class ProductTree(ComponentTree):
    """A component tree with one leaf.

    Of Dagster's tree only the way to find components is replaced; loading, caching and invalidation
    by state key are its own.
    """

    component: ClassVar[DataProducts]

    @staticmethod
    def of(component: DataProducts) -> "ProductTree":
        package = importlib.import_module("dphub_assets")
        folder = Path(next(iter(package.__path__)))
        ProductTree.component = component
        return ProductTree(defs_module=package, project_root=folder.parent)

    @property
    def leaf(self) -> ComponentLoc:
        return ComponentPath.from_path(self.defs_module_path / "component.py", "products")

    def find_root_decl(self) -> ComponentRootDecl:
        def load(context: ComponentDeclLoadContext) -> DataProducts:
            key = state_key(self.component.shard)
            context.component_tree.mark_component_defs_state_key(context.component_loc, key)
            return self.component

        context = self.decl_load_context.for_component_loc(self.leaf)
        decl = ComponentLoaderDecl(context=context, loc=self.leaf, component_node_fn=load)
        root = ComponentRootLoc()
        return ComponentRootDecl(context=self.decl_load_context, loc=root, decls=[decl])

    def build_defs(self, loc: object = None) -> dg.Definitions:  # noqa: ARG002  Dagster's signature
        """Without the JSON schemas of every registered component type that the root would add:
        they cost 0.4 s at each load and serve only the UI's form for a new component."""
        defs = self.build_defs_at_path(self.leaf)
        return dg.Definitions.merge(defs, dg.Definitions(component_tree=self))
