"""What the code location has loaded."""

import dagster as dg

from dphub_assets.decide.reconcile import Loaded
from dphub_assets.graph import translator


def loaded(context: dg.SensorEvaluationContext) -> dict[str, Loaded]:
    """By name, from the metadata of the assets that this tick's repository holds."""
    repository = context.repository_def
    assert repository is not None
    return {
        node.metadata[translator.PRODUCT]: Loaded(
            node.metadata[translator.STAMP], translator.PROBLEM in node.metadata
        )
        for node in repository.asset_graph.asset_nodes
        if translator.STAMP in node.metadata
    }
