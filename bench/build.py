"""The big product built, checked and committed, against a bare COPY of the same rows.

    python -m bench.build [--json] [--rounds N]

Every build and every COPY is a process of its own. What counts is the work, without the start of
Python; the totals of the processes are told too.
"""

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

from bench import data, raw, report
from bench.measure import Child, interleaved, median, ratio, run_child
from bench.report import Report

OURS, SORTED, UNSORTED, CONTROL = "materialize", "sorted COPY", "unsorted COPY", "sorted COPY again"


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where it all happens; every piece of work begins from nothing."""

    scratch: Path
    sources: Path

    @property
    def home(self) -> Path:
        return self.scratch / "home"

    @property
    def table(self) -> Path:
        return self.home / "lake" / "tables" / data.NAME

    def materialize(self) -> Child:
        shutil.rmtree(self.home, ignore_errors=True)
        document = self.scratch / "product.yaml"
        document.write_text(yaml.safe_dump(data.product()))
        folders = {"DPHUB_HOME": str(self.home), "DPHUB_DATA_ROOT": str(self.sources)}
        return run_child(["materialize", str(document)], folders)

    def copy(self, name: str) -> Child:
        target = self.copied(name)
        target.parent.mkdir(exist_ok=True)
        target.unlink(missing_ok=True)
        return run_child([name, str(self.sources), str(target)], {})

    def copied(self, name: str) -> Path:
        return self.scratch / "copies" / f"{name}.parquet"


def main() -> int:
    parser = report.options(__doc__ or "")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args()
    with TemporaryDirectory(prefix="dphub-bench-") as folder:
        sources = data.find(Path(folder) / "sources")
        out = Report(chosen.json)
        out.begin("build of the joined product", sources)
        shop = Workshop(Path(folder), sources.folder)
        subjects: dict[str, Callable[[], Child]] = {
            OURS: shop.materialize,
            SORTED: partial(shop.copy, "sorted"),
            UNSORTED: partial(shop.copy, "unsorted"),
            CONTROL: partial(shop.copy, "sorted"),
        }
        tell(out, interleaved(subjects, chosen.rounds), shop)
        out.end()
    return 0


def tell(out: Report, runs: dict[str, list[Child]], shop: Workshop) -> None:
    work = {name: [child.work.cpu for child in each] for name, each in runs.items()}
    wall = {name: [child.work.wall for child in each] for name, each in runs.items()}
    total = {name: [child.total.cpu for child in each] for name, each in runs.items()}

    def pair(name: str, of: dict[str, list[float]], baseline: str, wanted: str = "") -> None:
        ours = CONTROL if name.endswith("control") else OURS
        share = ratio(of[ours], of[baseline])
        numbers = {"baseline": median(of[baseline]), "ratio": share}
        out.add(
            name, median(of[ours]), "CPU s" if of is not wall else "s", **numbers, wanted=wanted
        )

    rows, _ = same_rows(shop)
    out.add("build.rows", rows, "rows")
    pair("build.cpu_to_sorted_copy", work, SORTED, "ratio <= 1.0")
    pair("build.cpu_control", work, SORTED)
    pair("build.cpu_to_unsorted_copy", work, UNSORTED)
    pair("build.process_cpu_to_sorted_copy", total, SORTED)
    pair("build.wall_to_sorted_copy", wall, SORTED)
    peaks = [max(child.work.peak_mib for child in runs[name]) for name in (OURS, SORTED)]
    out.add("build.peak_resident", peaks[0], "MiB", baseline=peaks[1], wanted="<= 1024 MiB")
    stored = sum(file.stat().st_size for file in shop.table.rglob("*") if file.is_file())
    plain = shop.copied("sorted").stat().st_size
    out.add("build.stored", stored / 1e6, "MB", baseline=plain / 1e6, wanted="ratio <= 2.0")


def same_rows(shop: Workshop) -> tuple[int, int]:
    """A comparison of different work would say nothing. Raises ValueError."""
    (built,) = shop.table.glob("*.parquet")
    ours, theirs = raw.fingerprint(built), raw.fingerprint(shop.copied("sorted"))
    if ours != theirs:
        raise ValueError(f"the build wrote other rows than the COPY: {ours}, {theirs}")
    return ours


if __name__ == "__main__":
    sys.exit(main())
