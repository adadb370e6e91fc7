"""Make the sample data: `python generate.py [FOLDER]`. The same bytes every time.

What people report when the lights are off, during the outages that the neighbouring example
schedules or without one, and what is known of their suburbs.
"""

import csv
import json
import random
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

SCHEDULED = Path(__file__).parents[1] / "southafrica-scheduled-outage" / "sample-data"
ZONE = timezone(timedelta(hours=2), "SAST")
MONTH = datetime(2026, 3, 1, tzinfo=ZONE)
REPORTS, FAULTS = 1_500, 180
CREWS = ["Jacaranda", "Protea", "Marula", "Kiaat"]
NOTES = ["fuse", "cable", "transformer; part ordered", "nothing found", 'sign says "closed"']
Row = dict[str, Any]


def single_suburbs() -> list[Row]:
    """Those listed once: a report from the others would have two rows."""
    areas = pq.read_table(SCHEDULED / "areas.parquet").to_pylist()
    places = [(area["city"], area["suburb"]) for area in areas]
    return [area for area, place in zip(areas, places, strict=True) if places.count(place) == 1]


def meters(chance: random.Random, suburbs: list[Row]) -> list[Row]:
    return [
        {
            "province": suburb["province"],
            "city": suburb["city"],
            "suburb": suburb["suburb"],
            "customers": "n/a" if chance.random() < 0.06 else chance.randint(40, 9_000),
            "tariff": ""
            if chance.random() < 0.04
            else f"{chance.randint(18_500, 34_999) / 1e4:.4f}",
        }
        for suburb in suburbs
    ]


def reports(chance: random.Random, suburbs: list[Row]) -> list[Row]:
    schedule: dict[tuple[str, int], list[Row]] = {}
    for entry in pq.read_table(SCHEDULED / "schedule.parquet").to_pylist():
        schedule.setdefault((entry["provider"], entry["block"]), []).append(entry)
    found = [
        report(chance, suburb, chance.choice(schedule[suburb["provider"], suburb["block"]]))
        for suburb in chance.choices(suburbs, k=REPORTS - FAULTS)
    ]
    found += [report(chance, suburb, None) for suburb in chance.choices(suburbs, k=FAULTS)]
    found.sort(key=lambda row: (row["reported"], row["meter"]))
    return [{"number": f"R{place:05}", **row} for place, row in enumerate(found, start=1)]


def report(chance: random.Random, suburb: Row, scheduled: Row | None) -> Row:
    """Without a scheduled outage it is a fault: stage 0, at any time."""
    day = scheduled["date"] if scheduled else chance.randint(1, 31)
    hour = int(scheduled["start"][:2]) if scheduled else chance.randint(0, 23)
    reported = MONTH + timedelta(days=day - 1, hours=hour, seconds=chance.randint(0, 3_599))
    lasted = timedelta(minutes=chance.randint(20, 150 if scheduled else 1_500))
    row: Row = {
        "reported": reported.isoformat(),
        "restored": None if chance.random() < 0.05 else (reported + lasted).isoformat(),
        "city": suburb["city"],
        "suburb": suburb["suburb"],
        "day": day,
        "stage": scheduled["stage"] if scheduled else 0,
        "meter": f"{chance.randrange(10**10):011}",
    }
    if chance.random() < 0.3:
        row["claimed"] = f"{chance.randint(1_000, 900_000) / 100:.2f}"
    # Nobody wrote down whether anybody came.
    if chance.random() >= 0.1:
        row["visits"] = visits(chance, reported, chance.randint(0, 1 if scheduled else 3))
    return row


def visits(chance: random.Random, after: datetime, number: int) -> list[Row]:
    found = []
    for _ in range(number):
        after += timedelta(minutes=chance.randint(15, 300))
        parts = f"{chance.randint(0, 250_000) / 100:.2f}" if chance.random() < 0.5 else None
        found.append(
            {
                "crew": chance.choice(CREWS),
                "arrived": after.isoformat(),
                "minutes": chance.randint(5, 120),
                "parts": parts,
                "note": chance.choice(NOTES),
            }
        )
    return found


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    chance, suburbs = random.Random(21), single_suburbs()
    with (folder / "meters.csv").open("w", encoding="utf-8", newline="") as file:
        rows = meters(chance, suburbs)
        writer = csv.DictWriter(file, list(rows[0]), delimiter=";", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    with (folder / "reports.ndjson").open("w", encoding="utf-8", newline="") as file:
        for row in reports(chance, suburbs):
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "sample-data")
