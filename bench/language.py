"""What a filter costs before any row is read: its text read, bound and compiled.

    python -m bench.language [--rounds N]

Every text is another one, so that nothing is kept of it; then one text again and again. CPU time.
"""

import argparse
import time
from statistics import median

from dphub_k8s.api.types import parse_type
from dphub_serving.odata import bind, url
from dphub_serving.odata.edm import EntityType, Property
from dphub_serving.sql.filter import passing
from dphub_serving.sql.table import Table

COLUMNS = {
    "id": "string",
    "day": "date",
    "suburb": "string",
    "stage": "int",
    "amount": "decimal(18,2)",
    "tags": "list<string>",
}
KINDS = {name: parse_type(kind) for name, kind in COLUMNS.items()}
TYPE = EntityType("n", "Row", ("id",), tuple(Property(n, k) for n, k in KINDS.items()))
TABLE = Table("rows.parquet", None, 1, KINDS, frozenset(), ("day",), "id", None)
FIVE = (
    "stage eq {0} and day gt 2023-01-01 and contains(suburb,'a{0}')"
    " and (amount lt 5.5 or stage in (1,2,{0}))"
)
ANY = "tags/any(t:t eq 'a{0}' or startswith(t,'b')) and stage gt {0}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=300)
    rounds = parser.parse_args().rounds
    for name, text in (("five terms", FIVE), ("any of a collection", ANY)):
        requests = [request(text.format(number)) for number in range(rounds)]
        print(f"{name}, new: {each(requests):.0f} µs")
        print(f"{name}, again: {each(requests[-1:] * rounds):.1f} µs")
    return 0


def request(text: str) -> str:
    return "$filter=" + text.replace(" ", "%20")


def compiled(query: str) -> None:
    """From the query of a URL to SQL; the rest of the URL is read as well."""
    wanted = bind.condition(url.parse("/odata/p/Rows", query).options, TYPE)
    passing(TABLE, wanted)


def each(queries: list[str]) -> float:
    found = []
    for query in queries:
        start = time.thread_time_ns()
        compiled(query)
        found.append(time.thread_time_ns() - start)
    return median(found) / 1000


if __name__ == "__main__":
    raise SystemExit(main())
