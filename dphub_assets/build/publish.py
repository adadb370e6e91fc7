"""Build a product: plan, write, check, publish. A new snapshot is current, or nothing changed."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from dphub_assets.build import cardinality, fit, quality, rules, sets, sql
from dphub_assets.build.blame import bounded, explained, on_disk
from dphub_assets.build.errors import ChecksFailed
from dphub_assets.build.plan import JoinPlan, make_plan
from dphub_assets.build.session import session
from dphub_assets.build.sets import WrittenSet
from dphub_assets.build.write import Written, write
from dphub_assets.lake import layout
from dphub_assets.lake.reader import Snapshot
from dphub_assets.lake.writer import Lake
from dphub_assets.settings import BuildSettings
from dphub_assets.sources.errors import SourceChanged
from dphub_assets.sources.location import Location, Roots, locate
from dphub_assets.sources.product import Promised, published
from dphub_assets.sources.relation import Relation
from dphub_assets.sources.schema import read_schema
from dphub_k8s.api.keys import RECIPE
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.snapshot import Identity, RunInfo, SnapshotDocument, SourceVersion, Verdict
from dphub_k8s.api.sources import Source
from dphub_k8s.settings import Settings

Progress = Callable[[str], None]
NOBODY: Mapping[str, DataProduct] = {}
LATEST: Mapping[str, int] = {}


@dataclass(frozen=True, slots=True)
class Builder:
    """What every build shares: where sources and snapshots are, and how much it may use."""

    lake: Lake
    settings: Settings
    limits: BuildSettings

    @classmethod
    def read(cls, settings: Settings) -> "Builder":
        lake = Lake.open_at(settings.lake, settings.link_lifetime, settings.home)
        return cls(lake, settings, BuildSettings.read(settings))

    def locations(self, product: DataProduct) -> dict[str, Location]:
        """Of the sources that are no products. Raises SourceForbidden."""
        return {
            alias: self.location(source)
            for alias, source in product.spec.backend.sources.items()
            if source.product is None
        }

    def location(self, source: Source) -> Location:
        """Raises SourceForbidden."""
        return locate(source, Roots(self.settings.data_root, self.settings.allowed_roots))

    def validate(
        self, product: DataProduct, others: Mapping[str, DataProduct] = NOBODY
    ) -> JoinPlan:
        """The plan alone: what the schemas show to be wrong. Of products that are among `others`
        their declaration counts, built or not. Raises Refused, SourceError."""
        locations = self.locations(product)
        for alias, name in product.spec.backend.products.items():
            other = others.get(name)
            locations[alias] = Promised(other) if other else published(self.lake, name)
        with session(self.limits) as connection, TemporaryDirectory() as folder:
            relations = read(connection, locations, Path(folder))
            return planned(connection, product, relations)

    @on_disk()
    def build(
        self,
        product: DataProduct,
        identity: Identity,
        run_id: str | None = None,
        progress: Progress = lambda _: None,
        reads: Mapping[str, int] = LATEST,
    ) -> Snapshot:
        """`reads` has the sequences of the products to read, by alias, or the current ones are.

        Raises Refused, SourceError, BuildError, LakeError; then nothing has changed.
        """
        began = datetime.now(UTC)
        locations = self.locations(product)
        for alias, name in product.spec.backend.products.items():
            locations[alias] = published(self.lake, name, reads.get(alias))
        with self.lake.staging(product.name) as staging, session(self.limits) as connection:
            with _unchanged(locations) as sources:
                progress("reading the schemas of the sources")
                relations = read(connection, locations, staging.folder / "sources")
                plan = planned(connection, product, relations)
                with explained(connection, plan, relations):
                    run = {alias: found.sql for alias, found in relations.items()}
                    progress("looking for values that do not fit")
                    longest = fit.longest_key(connection, plan, run)
                    counted = cardinality.check(connection, plan, run)
                    _require_passed(counted)
                    progress("joining, sorting and writing")
                    names = layout.rows_file(staging.id), layout.index_file(staging.id)
                    beside = sets.write(connection, plan, run, staging.folder, staging.id)
                    counted = (*counted, *sets.check(connection, beside))
                    _require_passed(counted)
                    written = write(connection, plan, run, longest, staging.folder, names)
                    progress(f"checking {written.rows.rows:,} rows")
                    verdicts = (*quality.check(connection, plan, written), *counted)
            _require_passed(verdicts)
            progress("publishing")
            query = sql.rows(plan, {alias: found.shown for alias, found in relations.items()})
            document = _document(
                staging.id, plan, identity, written, sources, verdicts, query, run_id, began
            )
            document = document.model_copy(update={"sets": tuple(s.document for s in beside)})
            return self.lake.publish(staging, document, _files(written, beside))


def _require_passed(verdicts: tuple[Verdict, ...]) -> None:
    """Raises ChecksFailed."""
    if any(verdict.blocking and not verdict.passed for verdict in verdicts):
        raise ChecksFailed(verdicts)


def read(
    connection: duckdb.DuckDBPyConnection, locations: Mapping[str, Location], folder: Path
) -> dict[str, Relation]:
    """Raises SourceError, EngineFailed, OSError."""
    with bounded():
        return {
            alias: found.relation(connection, folder / alias) for alias, found in locations.items()
        }


def planned(
    connection: duckdb.DuckDBPyConnection, product: DataProduct, relations: Mapping[str, Relation]
) -> JoinPlan:
    """Raises Refused, SourceUnreadable."""
    schemas = {alias: read_schema(connection, found) for alias, found in relations.items()}
    plan = make_plan(product, schemas)
    rules.require_measurable(connection, product)
    return plan


def versions(locations: Mapping[str, Location]) -> dict[str, SourceVersion]:
    """Raises SourceMissing."""
    return {
        alias: SourceVersion(alias=alias, location=found.name, version=found.version())
        for alias, found in locations.items()
    }


@contextmanager
def _unchanged(locations: Mapping[str, Location]) -> Iterator[dict[str, SourceVersion]]:
    """The versions that are read within. Raises SourceChanged, whatever else that led to."""
    before = versions(locations)
    try:
        yield before
    finally:
        after = versions(locations)
        if changed := [now.location for alias, now in after.items() if now != before[alias]]:
            raise SourceChanged(f"{', '.join(changed)} changed while being read")


def _files(written: Written, beside: tuple[WrittenSet, ...]) -> dict[str, Path]:
    files = {written.rows.path: written.file}
    files |= {each.document.file.path: each.file for each in beside}
    if written.index and written.index_file:
        files[written.index_file.path] = written.index
    return files


def _document(
    snapshot_id: str,
    plan: JoinPlan,
    identity: Identity,
    written: Written,
    sources: Mapping[str, SourceVersion],
    verdicts: tuple[Verdict, ...],
    query: str,
    run_id: str | None,
    began: datetime,
) -> SnapshotDocument:
    product = plan.product
    return SnapshotDocument(
        id=snapshot_id,
        created=datetime.now(UTC),
        sourcesRead=began,
        product=identity,
        spec=product,
        codeVersion=product.code_version(),
        files=(written.rows,),
        index=written.index_file,
        keyRecipe=RECIPE if product.spec.entity.key.generated else None,
        storageOrder=plan.order,
        sources=tuple(sources.values()),
        sql=query,
        columnLineage=plan.lineage(),
        verdicts=verdicts,
        run=RunInfo(runId=run_id, duckdb=duckdb.__version__, dphub=version("dphub")),
    )
