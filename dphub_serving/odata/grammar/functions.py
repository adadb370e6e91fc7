"""The canonical functions, by how many arguments they take at least and at most.

OData URL Conventions 4.01, sections 5.1.1.5 to 5.1.1.11, and Data Aggregation 4.0, section 4.2.
`cast`, `isof` and `case` have grammars of their own.
"""

from collections.abc import Mapping

ARITY: Mapping[str, tuple[int, int]] = {
    **dict.fromkeys(("mindatetime", "maxdatetime", "now"), (0, 0)),
    **dict.fromkeys(
        (
            *("length", "tolower", "toupper", "trim"),
            *("year", "month", "day", "hour", "minute", "second", "fractionalseconds"),
            *("totalseconds", "date", "time", "totaloffsetminutes"),
            *("round", "floor", "ceiling", "geo.length", "isdefined"),
        ),
        (1, 1),
    ),
    **dict.fromkeys(
        (
            *("concat", "contains", "endswith", "indexof", "startswith", "matchespattern"),
            *("geo.distance", "geo.intersects", "hassubset", "hassubsequence"),
        ),
        (2, 2),
    ),
    "substring": (2, 3),
}
