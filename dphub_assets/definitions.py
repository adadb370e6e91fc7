"""What Dagster loads. The only module with an effect at import."""

import dagster as dg

from dphub_assets.build.publish import Builder
from dphub_assets.component import DataProducts, ProductTree
from dphub_assets.declared import Declarations
from dphub_assets.outlook import objects
from dphub_assets.sensor import Hub, product_sensor
from dphub_assets.settings import DagsterSettings
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
