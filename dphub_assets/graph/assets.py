"""One executable asset per product: build it, report what was checked and published."""

import json
from collections.abc import Iterator

import dagster as dg

from dphub_assets.build.errors import BuildError, CastFailed, ChecksFailed
from dphub_assets.build.publish import Builder
from dphub_assets.decide.declared import Declared
from dphub_assets.graph import names, translator
from dphub_assets.lake.errors import LakeError
from dphub_assets.sources.errors import SourceError
from dphub_k8s.api.errors import Refused
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.snapshot import Verdict

# Metadata of a failure. What is final the same spec and sources would only say again.
REASON, MESSAGE, FINAL = "reason", "message", "final"
FINAL_ERRORS = (Refused, CastFailed, ChecksFailed)
# Of a run, for each product: alias -> sequence of the snapshot to read.
READS_TAG = "dphub.io.reads/"
Event = dg.MaterializeResult[None] | dg.AssetCheckResult


def product_asset(
    declared: Declared, product: DataProduct, builder: Builder, public_url: str
) -> dg.AssetsDefinition:
    @dg.multi_asset(
        name=names.operation(product.name),
        specs=[translator.asset_spec(declared, product, public_url)],
        check_specs=translator.check_specs(product),
    )
    def materialize(context: dg.AssetExecutionContext) -> Iterator[Event]:
        def check_results(verdicts: tuple[Verdict, ...]) -> Iterator[dg.AssetCheckResult]:
            return (translator.check_result(product, verdict) for verdict in verdicts)

        try:
            snapshot = builder.build(
                product,
                declared.identity,
                context.run.run_id,
                progress=context.log.info,
                reads=json.loads(context.run.tags.get(f"{READS_TAG}{product.name}", "{}")),
            )
        except ChecksFailed as held_back:
            # The verdicts are events of their own: a failed build has them too.
            yield from check_results(held_back.verdicts)
            raise failure(product, held_back) from held_back
        except (Refused, SourceError, BuildError, LakeError) as problem:
            raise failure(product, problem) from problem
        yield from check_results(snapshot.document.verdicts)
        yield dg.MaterializeResult(
            asset_key=translator.product_key(product),
            metadata=translator.snapshot_metadata(
                snapshot, declared.domains, public_url, builder.lake.uri(product.name)
            ),
            data_version=dg.DataVersion(snapshot.document.data_version),
            tags=translator.input_tags(snapshot.document, declared.domains),
        )
        context.log_event(translator.endpoint_event(snapshot, public_url))

    return materialize


def failure(product: DataProduct, problem: Exception) -> dg.Failure:
    """Nothing was published. The sensor tries again, so Dagster must not."""
    reason = problem.problems[0].reason if isinstance(problem, Refused) else type(problem).__name__
    return dg.Failure(
        f"{product.name} was not published; what was served before stays. {problem}",
        metadata={
            REASON: reason,
            MESSAGE: str(problem),
            FINAL: isinstance(problem, FINAL_ERRORS),
        },
        allow_retries=False,
    )
