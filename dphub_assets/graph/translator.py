"""DataProduct to Dagster: one pure function for each thing that the UI shows."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import dagster as dg

from dphub_assets.build import quality
from dphub_assets.decide.declared import Declared
from dphub_assets.graph import names
from dphub_assets.lake.reader import Snapshot
from dphub_k8s.api.entity import Column
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.snapshot import LineageInput, SnapshotDocument, Verdict
from dphub_k8s.api.sources import Source

# Metadata keys of our own.
PRODUCT = "dphub/product"
STAMP = "dphub/stamp"
UID = "dphub/uid"
SEQUENCE = "dphub/sequence"
PROBLEM = "dphub/problem"

DATA_VERSION = "dagster/data_version"


def product_key(product: DataProduct) -> dg.AssetKey:
    return dg.AssetKey(names.product_key(product.spec.domain, product.name))


def endpoint_key(product: DataProduct) -> dg.AssetKey:
    return dg.AssetKey(names.endpoint_key(product.spec.domain, product.name))


def source_key(location: str) -> dg.AssetKey:
    return dg.AssetKey(names.source_key(location))


def source_keys(product: DataProduct, domains: Mapping[str, str]) -> dict[str, dg.AssetKey]:
    """By alias; `domains` are those of other products. One that is not declared has no asset."""
    found: dict[str, dg.AssetKey] = {}
    for alias, source in product.spec.backend.sources.items():
        if source.path is not None:
            found[alias] = source_key(source.path)
        elif source.product is not None and source.product in domains:
            key = names.product_key(domains[source.product], source.product)
            found[alias] = dg.AssetKey(key)
    return found


def asset_spec(declared: Declared, product: DataProduct, public_url: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=product_key(product),
        deps=list(dict.fromkeys(source_keys(product, declared.domains).values())),
        description=description(product),
        group_name=names.group(product.spec.domain),
        owners=owners(product),
        tags={**names.tags(product.spec.tags), **governance(product)},
        kinds={"duckdb", "parquet"},
        code_version=product.code_version(),
        freshness_policy=freshness(product),
        metadata={
            **identity(declared),
            "dagster/column_schema": column_schema(product),
            "dagster/table_name": f"{product.spec.domain}.{product.name}",
            "domain": product.spec.domain,
            **upkeep(product),
            **links(product, public_url),
        },
    )


def governance(product: DataProduct) -> dict[str, str]:
    spec = product.spec
    return {"dphub/catalog": names.tag(spec.catalog), "dphub/lifecycle": spec.lifecycle}


def freshness(product: DataProduct) -> dg.FreshnessPolicy | None:
    seconds = product.spec.max_staleness_seconds
    return dg.FreshnessPolicy.time_window(timedelta(seconds=seconds)) if seconds else None


def upkeep(product: DataProduct) -> dict[str, str | int]:
    """What keeps it up to date, or keeps it as it is."""
    spec, refresh = product.spec, product.spec.refresh
    found: dict[str, str | int] = {"catalog": spec.catalog, "lifecycle": spec.lifecycle}
    found["refresh"] = f"{refresh.cron} ({refresh.timezone})" if refresh.cron else "on change"
    if spec.suspend:
        found["suspended"] = "no builds are started"
    if spec.max_staleness_seconds:
        found["max staleness seconds"] = spec.max_staleness_seconds
    return found


def identity(declared: Declared) -> dict[str, str]:
    """What the sensor compares: the whole spec, so that a new owner reloads."""
    return {PRODUCT: declared.name, STAMP: declared.stamp}


def description(product: DataProduct) -> str:
    spec = product.spec
    title = f"**{spec.display_name}**\n\n" if spec.display_name else ""
    return f"{title}{spec.description or f'Data product `{product.name}`'}"


def owners(product: DataProduct) -> list[str]:
    return [names.owner(product.spec.owner)] if product.spec.owner else []


def check_specs(product: DataProduct) -> list[dg.AssetCheckSpec]:
    return [
        dg.AssetCheckSpec(
            names.check(check.name),
            asset=product_key(product),
            blocking=check.blocking,
            description=check.text,
        )
        for check in quality.checks(product)
    ]


def endpoint_spec(product: DataProduct, public_url: str) -> dg.AssetSpec:
    return dg.AssetSpec(
        key=endpoint_key(product),
        deps=[product_key(product)],
        description=f"OData endpoint of `{product.name}`",
        group_name=names.group(product.spec.domain),
        owners=owners(product),
        kinds={"odata"},
        metadata=links(product, public_url),
    )


def links(product: DataProduct, public_url: str) -> dict[str, dg.MetadataValue[str]]:
    root = f"{public_url}/odata/{product.route}"
    return {
        "odata": dg.MetadataValue.url(root),
        "odata/entity_set": dg.MetadataValue.url(f"{root}/{product.resource}"),
        "odata/metadata": dg.MetadataValue.url(f"{root}/$metadata"),
    }


def source_spec(source: Source) -> dg.AssetSpec:
    location = source.location
    uri = {"dagster/uri": location} if source.scheme else {}
    return dg.AssetSpec(
        key=source_key(location),
        description=f"Source `{location}`",
        group_name=names.SOURCES,
        kinds={source.kind} if source.kind else set(),
        metadata={"location": location, **uri},
    )


def broken_spec(declared: Declared, message: str) -> dg.AssetSpec:
    """In place of the asset when its declaration is refused: visible, not executable."""
    return dg.AssetSpec(
        key=dg.AssetKey(names.product_key(declared.domain, declared.name)),
        description=f"**This declaration is refused.**\n\n```\n{message}\n```",
        group_name=names.group(declared.domain),
        tags={"dphub/broken": "true"},
        kinds={"broken"},
        metadata={**identity(declared), PROBLEM: dg.MetadataValue.text(message)},
    )


def column_schema(product: DataProduct) -> dg.TableSchema:
    return dg.TableSchema(columns=[_column(product, c) for c in product.spec.entity.columns])


def _column(product: DataProduct, column: Column) -> dg.TableColumn:
    is_key = column.name == product.spec.entity.key_column
    constraints = dg.TableColumnConstraints(
        nullable=column.nullable and not is_key,
        unique=is_key,
        other=["generated"] if column.generated else [],
    )
    return dg.TableColumn(
        column.name,
        column.kind.name,
        description=column.description,
        constraints=constraints,
        tags={"classification": column.classification} if column.classification else None,
    )


def column_lineage(
    keys: Mapping[str, dg.AssetKey], lineage: Mapping[str, tuple[LineageInput, ...]]
) -> dg.TableColumnLineage:
    """Dagster knows one kind of input, and each once; which are indirect, and by which of two
    aliases of one location, is in the snapshot document."""

    def deps(inputs: tuple[LineageInput, ...]) -> list[dg.TableColumnDep]:
        known = [one for one in inputs if one.source in keys]
        found = [dg.TableColumnDep(keys[one.source], one.column) for one in known]
        return list(dict.fromkeys(found))

    return dg.TableColumnLineage({column: deps(inputs) for column, inputs in lineage.items()})


def snapshot_metadata(
    snapshot: Snapshot, domains: Mapping[str, str], public_url: str, uri: str
) -> dict[str, Any]:
    """Of a materialization. The schema replaces the definition's: descriptions go in again."""
    document = snapshot.document
    product = document.spec
    keys = source_keys(product, domains)
    return {
        PRODUCT: product.name,
        UID: document.product.uid,
        SEQUENCE: snapshot.sequence,
        "dagster/row_count": document.rows,
        "dagster/column_schema": column_schema(product),
        "dagster/column_lineage": column_lineage(keys, document.column_lineage),
        "dagster/table_name": f"{product.spec.domain}.{product.name}",
        "dagster/uri": uri,
        "bytes": document.bytes,
        "digest": document.files[0].digest,
        "indirect inputs": dg.MetadataValue.json(_indirect(document)),
        "sources": dg.MetadataValue.json({s.location: s.version for s in document.sources}),
        "sql": dg.MetadataValue.md(f"```sql\n{document.sql}\n```"),
        **links(product, public_url),
    }


def _indirect(document: SnapshotDocument) -> list[str]:
    inputs = [found for column in document.column_lineage.values() for found in column]
    found = [f"{one.source}.{one.column}" for one in inputs if one.kind == "indirect"]
    return list(dict.fromkeys(found))


def input_tags(document: SnapshotDocument, domains: Mapping[str, str]) -> dict[str, str]:
    """What was read; Dagster would note what it last heard of."""
    keys = source_keys(document.spec, domains)
    return {
        f"dagster/input_data_version/{keys[source.alias].to_user_string()}": source.version
        for source in document.sources
        if source.alias in keys
    }


def product_event(
    snapshot: Snapshot, domains: Mapping[str, str], public_url: str, uri: str
) -> dg.AssetMaterialization:
    """A materialization that no run made: a new sequence over the same files."""
    document = snapshot.document
    read = input_tags(document, domains)
    tags = {
        DATA_VERSION: document.data_version,
        "dagster/data_version_is_user_provided": "true",
        "dagster/code_version": document.code_version,
        **read,
        # Without a pointer the input counts as a new dependency and the product as stale.
        **{tag.replace("data_version", "event_pointer", 1): "NULL" for tag in read},
    }
    return dg.AssetMaterialization(
        product_key(document.spec),
        description="published without a run",
        metadata=snapshot_metadata(snapshot, domains, public_url, uri),
        tags=tags,
    )


def check_events(snapshot: Snapshot) -> list[dg.AssetCheckEvaluation]:
    """Beside `product_event`: the verdicts on the same data, or the checks would look not run."""
    return [
        dg.AssetCheckEvaluation(
            asset_key=product_key(snapshot.document.spec),
            check_name=names.check(verdict.check),
            passed=verdict.passed,
            severity=severity(verdict),
            description=verdict.message or None,
            metadata=check_metadata(verdict),
        )
        for verdict in snapshot.document.verdicts
    ]


def check_result(product: DataProduct, verdict: Verdict) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(
        asset_key=product_key(product),
        check_name=names.check(verdict.check),
        passed=verdict.passed,
        severity=severity(verdict),
        description=verdict.message or None,
        metadata=check_metadata(verdict),
    )


def check_metadata(verdict: Verdict) -> dict[str, Any]:
    """What was measured, and whom it concerns."""
    found: dict[str, Any] = {}
    if verdict.measured is not None:
        found["measured"] = verdict.measured
    if verdict.violations is not None:
        found["violations"] = verdict.violations
    if verdict.keys:
        found["keys"] = dg.MetadataValue.json(list(verdict.keys))
    return found


def severity(verdict: Verdict) -> dg.AssetCheckSeverity:
    return dg.AssetCheckSeverity.ERROR if verdict.blocking else dg.AssetCheckSeverity.WARN


def endpoint_event(snapshot: Snapshot, public_url: str) -> dg.AssetMaterialization:
    product = snapshot.document.spec
    return dg.AssetMaterialization(
        endpoint_key(product),
        metadata={SEQUENCE: snapshot.sequence, **links(product, public_url)},
        tags={DATA_VERSION: str(snapshot.sequence)},
    )


def source_event(location: str, version: str) -> dg.AssetMaterialization:
    """A source has a new version. Not an observation: Dagster's staleness reads only the
    materializations of an external asset, and would call every product of it stale for ever."""
    return dg.AssetMaterialization(
        source_key(location),
        description="seen by the hub",
        metadata={"location": location},
        tags={DATA_VERSION: version},
    )
