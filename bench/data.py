"""The sources of the big product: the real ones where they are at hand, else invented alike."""

import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bench.measure import ROOT
from dphub_k8s.api.product import API_VERSION

NAME = "scheduled-outage"
ENTITY_SET = "Outages"
COLUMNS = {
    "province": "string",
    "city": "string",
    "suburb": "string",
    "day": "int",
    "stage": "int",
}

# As many as in the real data: the join has 186 rows for each suburb.
SUBURBS, CITIES, PROVINCES, NAMES = 37_046, 229, 9, 23_773
PROVIDERS, BLOCKS, DAYS, STAGES, SLOTS = ("Eskom", "CityPower"), 16, 31, 8, 12


@dataclass(frozen=True, slots=True)
class Sources:
    """`kind` is real or generated; the folder has areas.parquet and schedule.parquet."""

    kind: str
    folder: Path

    def __str__(self) -> str:
        more = "" if self.kind == "real" else " of the same shape: the real ones are not at hand"
        return f"{self.kind} data{more}"


def find(scratch: Path) -> Sources:
    """The folder DPHUB_BENCH_DATA, the real data beside the repository, or invented in `scratch`.

    Raises FileNotFoundError where DPHUB_BENCH_DATA names a folder without the data.
    """
    named = os.environ.get("DPHUB_BENCH_DATA")
    beside = ROOT.parent / "shared" / "data" / "southafrica-scheduled-outage"
    folder = Path(named).absolute() if named else beside
    if all((folder / file).is_file() for file in ("areas.parquet", "schedule.parquet")):
        return Sources("real", folder)
    if named:
        raise FileNotFoundError(f"{folder} has no areas.parquet and schedule.parquet")
    return generate(scratch)


def generate(folder: Path) -> Sources:
    """The same rows every time."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(_areas(random.Random(20)), folder / "areas.parquet")
    pq.write_table(_schedule(), folder / "schedule.parquet")
    return Sources("generated", folder)


def product(name: str = NAME) -> dict[str, Any]:
    """The document; its sources are in the data root."""
    columns = [{"name": each, "type": kind} for each, kind in COLUMNS.items()]
    return {
        "apiVersion": API_VERSION,
        "kind": "DataProduct",
        "metadata": {"name": name},
        "spec": {
            "api": {"path": f"/{name}", "resource": ENTITY_SET},
            "backend": {
                "sources": {
                    "areas": {"path": "areas.parquet"},
                    "schedule": {"path": "schedule.parquet", "rename": {"date": "day"}},
                },
                "joins": [{"left": "areas", "right": "schedule", "on": ["provider", "block"]}],
            },
            "entity": {
                "name": "Outage",
                "key_column": "id",
                "columns": [{"name": "id", "type": "string", "generated": True}, *columns],
            },
            "odata": {"max_top": 1000, "default_top": 100},
        },
    }


def rows(home: Path) -> int:
    """Of the snapshot in the lake of this home."""
    (file,) = (home / "lake" / "tables" / NAME).glob("rows-*.parquet")
    return int(pq.read_metadata(file).num_rows)


def _areas(chance: random.Random) -> pa.Table:
    cities = [(f"City {n:03}", f"Province {n % PROVINCES}") for n in range(CITIES)]
    rows = []
    for _ in range(SUBURBS):
        city, province = chance.choice(cities)
        provider, block = chance.choice(PROVIDERS), chance.randint(1, BLOCKS)
        rows.append((province, city, f"Suburb {chance.randrange(NAMES):05}", provider, block))
    return _table(rows, ["province", "city", "suburb", "provider", "block"])


def _schedule() -> pa.Table:
    rows = [
        (provider, (slot + 5 * day + 3 * stage) % BLOCKS + 1, day, f"{2 * slot:02}:00", stage)
        for provider in PROVIDERS
        for day in range(1, DAYS + 1)
        for stage in range(1, STAGES + 1)
        for slot in range(SLOTS)
    ]
    return _table(rows, ["provider", "block", "date", "start", "stage"])


def _table(rows: Sequence[tuple[object, ...]], names: list[str]) -> pa.Table:
    return pa.table([list(column) for column in zip(*rows, strict=True)], names=names)
