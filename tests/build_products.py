"""Builds for tests: sources written as Parquet, a product over them, its rows read back."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, settings

from dphub_assets.build import fit, publish
from dphub_assets.build.publish import Builder
from dphub_assets.build.session import session
from dphub_assets.build.write import Written
from dphub_assets.build.write import write as write_rows
from dphub_assets.lake.reader import Snapshot
from dphub_assets.settings import BuildSettings
from dphub_k8s.api.product import DataProduct
from dphub_k8s.api.snapshot import Identity
from dphub_k8s.settings import Settings
from tests import factories

# DPHUB_EXAMPLES=500 looks harder.
examples = settings(
    max_examples=int(os.environ.get("DPHUB_EXAMPLES", "10")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

Frames = Mapping[str, pl.DataFrame | pa.Table]


def builder(
    root: Path, *, memory: str = "200MB", threads: int = 2, roots: tuple[Path, ...] | None = None
) -> Builder:
    """Sources are in `root`, all state is in `root/home`."""
    env = {"DPHUB_HOME": str(root / "home"), "DPHUB_DATA_ROOT": str(root)}
    allowed = ":".join(map(str, roots)) if roots else "*"
    settings = Settings.read({**env, "DPHUB_ALLOWED_ROOTS": allowed})
    limits = {"DPHUB_BUILD_MEMORY": memory, "DPHUB_BUILD_THREADS": str(threads)}
    made = Builder.read(settings)
    return Builder(made.lake, settings, BuildSettings.read(settings, limits))


def write(root: Path, frames: Frames, **options: Any) -> None:
    """Every frame as `<alias>.parquet`."""
    for alias, frame in frames.items():
        table = frame.to_arrow() if isinstance(frame, pl.DataFrame) else frame
        pq.write_table(table, root / f"{alias}.parquet", **options)


def build(made: Builder, product: DataProduct) -> Snapshot:
    identity = Identity(name=product.name, uid="uid-1", generation=1)
    made.lake.accept(identity, product.route)
    return made.build(product, identity)


def built(root: Path, frames: Frames, **said: Any) -> tuple[Builder, Snapshot]:
    """`said` as in `factories.product`; the sources are the frames unless it says otherwise."""
    write(root, frames)
    made = builder(root)
    return made, build(made, factories.admitted(**{"sources": list(frames), **said}))


def files_only(
    root: Path, product: DataProduct, threads: int = 2, memory: str = "200MB"
) -> Written:
    """What a build would write, in `root/staged`, without lake and checks."""
    made = builder(root, threads=threads, memory=memory)
    folder = root / "staged"
    folder.mkdir(exist_ok=True)
    with session(made.limits) as connection:
        relations = publish.read(connection, made.locations(product), folder / "sources")
        plan = publish.planned(connection, product, relations)
        run = {alias: found.sql for alias, found in relations.items()}
        longest = fit.longest_key(connection, plan, run)
        return write_rows(connection, plan, run, longest, folder, ("rows", "index"))


def rows_file(made: Builder, snapshot: Snapshot) -> Path:
    (file,) = snapshot.document.files
    return made.lake.local(snapshot, file)


def index_file(made: Builder, snapshot: Snapshot) -> Path | None:
    index = snapshot.document.index
    return made.lake.local(snapshot, index) if index else None


def query(text: str) -> list[tuple[Any, ...]]:
    """`text` in a DuckDB of its own, in UTC."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        return connection.execute(text).fetchall()


def stored(made: Builder, snapshot: Snapshot) -> list[tuple[Any, ...]]:
    """The rows as they stand in the file, physical columns and ordinal."""
    return query(f"FROM read_parquet('{rows_file(made, snapshot)}')")


def keys(made: Builder, snapshot: Snapshot) -> list[Any]:
    """The key of every row, in the order of rows."""
    entity = snapshot.document.spec.spec.entity
    recipe = entity.recipe()
    spelled = recipe and recipe.kind == "text"
    key = recipe.key_sql() if recipe and spelled else f'"{entity.key_column}"'
    return [row[0] for row in query(f"SELECT {key} FROM '{rows_file(made, snapshot)}'")]
