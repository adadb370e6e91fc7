"""Products in a real API server: what the hub promises there, in numbers.

    python -m bench.cluster [--json] [--only PART …] [--objects N] [--rounds N] [--products N …]
                            [--steady SECONDS]

    lists    listing and watching 10,000 products
    apply    kubectl apply to rows over OData; kubectl delete to 404, and until the Ingress is gone
    many     100 products, then 1,000, in one kubectl apply; then ten minutes without news

Needs the programs that `make kube` builds. Each part has a control plane of its own.
"""

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import cluster_apply, cluster_lists, cluster_many, report
from bench.report import Report
from tests.kube import programs
from tests.kube.control_plane import ControlPlane

Part = Callable[[Report, Path, argparse.Namespace], None]


def main() -> int:
    parser = report.options(__doc__ or "")
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--only", nargs="+", choices=PARTS, default=[*PARTS])
    parser.add_argument("--objects", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--products", type=int, nargs="+", default=[100, 1_000])
    parser.add_argument("--steady", type=float, default=600.0)
    chosen = parser.parse_args()
    if chosen.rounds < cluster_apply.FEWEST_ROUNDS:
        parser.error(f"--rounds: at least {cluster_apply.FEWEST_ROUNDS}")
    out = Report(chosen.json)
    out.begin("products in a real API server", None)
    try:
        for name in chosen.only:
            with TemporaryDirectory(prefix="dphub-bench-") as folder:
                PARTS[name](out, Path(folder), chosen)
    except programs.Missing as missing:
        print(f"skipped: {missing}", file=sys.stderr)
    out.end()
    return 0


@contextmanager
def running(folder: Path) -> Iterator[ControlPlane]:
    """Raises programs.Missing."""
    plane = ControlPlane(folder / "plane")
    try:
        plane.start()
        yield plane
    finally:
        plane.stop()


def lists(out: Report, folder: Path, chosen: argparse.Namespace) -> None:
    with running(folder) as plane:
        cluster_lists.measure(out, plane, chosen.objects)


def apply(out: Report, folder: Path, chosen: argparse.Namespace) -> None:
    with running(folder) as plane:
        cluster_apply.measure(out, plane, folder, chosen.rounds)


def many(out: Report, folder: Path, chosen: argparse.Namespace) -> None:
    for count in chosen.products:
        own = folder / str(count)
        steady = chosen.steady if count == chosen.products[-1] else 0.0
        with running(own) as plane:
            cluster_many.measure(out, plane, own, count, steady)


PARTS: Mapping[str, Part] = {"lists": lists, "apply": apply, "many": many}

if __name__ == "__main__":
    sys.exit(main())
