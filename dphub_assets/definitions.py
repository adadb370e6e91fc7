"""What Dagster loads. The only module with an effect at import."""

import dagster as dg

from dphub_assets.build.publish import Builder
from dphub_assets.decide.declared import Declarations
from dphub_assets.graph.component import DataProducts, ProductTree
from dphub_assets.loop.sensor import Hub, product_sensor
from dphub_assets.settings import DagsterSettings
from dphub_assets.status.outlook import objects
from dphub_k8s.settings import Settings
from dphub_k8s.shards import Shard
from dphub_k8s.stores import choice


@dg.definitions
def defs() -> dg.Definitions:
    settings, dagster, shard = Settings.read(), DagsterSettings.read(), Shard.read()
    declarations = Declarations(choice.opened(settings), settings.allowed_roots)
    builder = Builder.read(settings)
    hub = Hub(declarations, builder, dagster, shard, objects(shard))
    component = DataProducts(
        declarations, builder, dagster.public_url, [product_sensor(hub)], shard
    )
    return ProductTree.of(component).build_defs()
