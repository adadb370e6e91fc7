"""Make the sample data: `python generate.py [FOLDER]`. The same bytes every time.

Invented suburbs of real provinces and cities, and a load-shedding schedule: each of 16 blocks of a
provider is switched off in turn, two hours at a time, more of them at once as the stage rises.
"""

import random
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

PLACES = {
    "Gauteng": ["Johannesburg", "Tshwane", "Ekurhuleni"],
    "Western Cape": ["Cape Town", "Stellenbosch", "George"],
    "KwaZulu-Natal": ["eThekwini", "uMhlathuze"],
    "Eastern Cape": ["Gqeberha", "Buffalo City"],
    "Northern Cape": ["Sol Plaatje", "Nama Khoi"],
}
STEMS = ["Môreson", "Bo-Dorp", "Rietvlei", "Kloofsig", "Ga-Lesedi", "Umhlanga", "Vuka", "Welgeluk"]
ENDINGS = ["", " Ext 1", " Ext 2", " North", " South", "/Industria", " (Old)", " & Heights"]
PROVIDERS = ["Eskom", "Municipal"]
BLOCKS, STAGES, DAYS, SLOTS = 16, 8, 31, 12
SUBURBS_PER_CITY = 19


def areas(chance: random.Random) -> pa.Table:
    rows = []
    for province, cities in PLACES.items():
        for city in cities:
            names = [stem + ending for stem in STEMS for ending in ENDINGS]
            for suburb in chance.sample(names, SUBURBS_PER_CITY):
                provider, block = chance.choice(PROVIDERS), chance.randint(1, BLOCKS)
                rows.append((suburb, city, province, provider, block))
    # Some suburbs are listed twice, as in life: published rows repeat, and still have a key each.
    rows += rows[:: len(rows) // 4]
    return table(rows, ["suburb", "city", "province", "provider", "block"])


def schedule() -> pa.Table:
    rows = [
        (provider, block_of(day, stage, slot), day, f"{2 * slot:02}:00", end_of(slot), stage)
        for provider in PROVIDERS
        for day in range(1, DAYS + 1)
        for stage in range(1, STAGES + 1)
        for slot in range(SLOTS)
    ]
    return table(rows, ["provider", "block", "date", "start", "end", "stage"])


def block_of(day: int, stage: int, slot: int) -> int:
    return (slot + 5 * (day - 1) + 3 * (stage - 1)) % BLOCKS + 1


def end_of(slot: int) -> str:
    return f"{(2 * slot + 2) % 24:02}:30"


def table(rows: list[tuple[object, ...]], names: list[str]) -> pa.Table:
    return pa.table([list(column) for column in zip(*rows, strict=True)], names=names)


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(areas(random.Random(20)), folder / "areas.parquet")
    pq.write_table(schedule(), folder / "schedule.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "sample-data")
