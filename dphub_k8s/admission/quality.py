"""Rules: whether each says one thing that can be measured, of columns that are there."""

import re
from collections.abc import Iterator
from decimal import Decimal

from dphub_k8s.admission.draft import Context, Draft, at
from dphub_k8s.api.entity import Column
from dphub_k8s.api.errors import Problem, unknown
from dphub_k8s.api.quality import COUNTED, FIELDS, OWN_FIELDS, Rule
from dphub_k8s.api.types import ColumnType, UnknownType

RULES = ("spec", "quality")
# Types that a value in a rule can be written for, in text or as a number.
NO_VALUES = {"Edm.Binary"}
ORDERED = {"Edm.Date", "Edm.TimeOfDay", "Edm.DateTimeOffset", "Edm.Decimal"}
ORDERED |= {"Edm.Single", "Edm.Double", "Edm.Byte", "Edm.SByte"}
NUMBERS = {"Edm.Decimal", "Edm.Single", "Edm.Double", "Edm.Byte"}
# Python reads more spellings of a date than DuckDB.
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
MOMENTS = {"Edm.Date", "Edm.DateTimeOffset"}


def names(draft: Draft, _: Context) -> Iterator[Problem]:
    seen: dict[str, int] = {}
    for number, rule in _known(draft):
        first = seen.setdefault(rule.title, number)
        if first != number:
            message = f"{rule.title!r} is the name of quality[{first}] already; give another"
            yield Problem(at(*RULES, number, "name"), "Duplicate", message)


def operators(draft: Draft, _: Context) -> Iterator[Problem]:
    for number, rule in _known(draft):
        given = [str(Rule.model_fields[name].alias) for name in rule.given]
        between = rule.must_be_between or rule.must_not_be_between
        if len(given) > 1:
            message = f"one operator is wanted, found {', '.join(given)}"
            yield Problem(at(*RULES, number), "Ambiguous", message)
        elif between and between[0] > between[1]:
            message = f"the lower bound comes first, found {between[0]} and {between[1]}"
            yield Problem(at(*RULES, number, *given), "OutOfRange", message)
        elif rule.metric == "freshness" and not given:
            message = "an operator is missing, such as mustBeLessThan: 86400 (seconds)"
            yield Problem(at(*RULES, number), "Missing", message)


def fields(draft: Draft, _: Context) -> Iterator[Problem]:
    """Those that the metric needs, and no other."""
    for number, rule in _known(draft):
        wanted = FIELDS[rule.metric]
        given = [field for field in OWN_FIELDS if field in rule.model_fields_set]
        allowed = {*wanted, *(["unit"] if rule.metric in COUNTED else [])}
        allowed |= {"arguments"} if rule.metric == "invalidValues" else set()
        for field in given:
            if field not in allowed:
                message = f"{rule.metric} has no {field!r}"
                yield Problem(at(*RULES, number, field), "NotUsed", message)
        found = [field for field in wanted if field in given]
        if wanted and not found:
            message = f"{rule.metric} needs {' or '.join(map(repr, wanted))}"
            yield Problem(at(*RULES, number), "Missing", message)
        elif len(found) > 1:
            message = f"give {' or '.join(map(repr, found))}, not both"
            yield Problem(at(*RULES, number), "Ambiguous", message)
        elif "columns" in found and not rule.columns:
            message = "at least one column is wanted, found none"
            yield Problem(at(*RULES, number, "columns"), "Empty", message)


def columns(draft: Draft, _: Context) -> Iterator[Problem]:
    by_name = {column.name: column for column in draft.columns if column}
    stored = [name for name, column in by_name.items() if not column.generated]
    for number, rule in _known(draft):
        for position, name in enumerate(rule.over):
            steps = ("column",) if rule.column is not None else ("columns", position)
            place = at(*RULES, number, *steps)
            if draft.columns_known and name not in draft.named:
                message = unknown(name, "column of the entity", draft.named)
                yield Problem(place, "UnknownColumn", message)
            elif name in by_name and name not in stored:
                message = f"{name!r} is generated: it is never null, and unique"
                yield Problem(place, "NotCheckable", message)
            elif name in rule.over[:position]:
                yield Problem(place, "Duplicate", f"{name!r} is there twice")
        kind = _kind(by_name.get(rule.column or ""))
        if rule.metric == "freshness" and kind and kind.edm not in MOMENTS:
            message = f"freshness needs a date or a timestamp, {rule.column!r} is {kind.name}"
            yield Problem(at(*RULES, number, "column"), "TypeMismatch", message)


def arguments(draft: Draft, _: Context) -> Iterator[Problem]:
    by_name = {column.name: column for column in draft.columns if column}
    for number, rule in _known(draft):
        if rule.metric != "invalidValues":
            continue
        place = at(*RULES, number, "arguments")
        kind = _kind(by_name.get(rule.column or ""))
        if not rule.arguments.model_fields_set:
            message = "one is wanted of 'validValues', 'pattern', 'minimum', 'maximum'"
            yield Problem(place, "Missing", message)
        elif kind and (kind.edm in NO_VALUES or kind.is_nested):
            message = f"no values can be told for {kind.name}"
            yield Problem(place, "TypeMismatch", message)
        elif kind:
            yield from _arguments(rule, kind, place)


def _arguments(rule: Rule, kind: ColumnType, place: str) -> Iterator[Problem]:
    said = rule.arguments
    if said.pattern is not None and kind.edm != "Edm.String":
        message = f"a pattern is for texts, {rule.column!r} is {kind.name}"
        yield Problem(f"{place}.pattern", "TypeMismatch", message)
    ordered = kind.is_integer or kind.edm in ORDERED
    for field, value in (("minimum", said.minimum), ("maximum", said.maximum)):
        if value is None:
            continue
        if not ordered:
            message = f"{kind.name} has no {field}; use validValues or pattern"
            yield Problem(f"{place}.{field}", "TypeMismatch", message)
        elif message := _misfit(value, kind):
            yield Problem(f"{place}.{field}", "TypeMismatch", message)
    for position, value in enumerate(said.valid_values or ()):
        if message := _misfit(value, kind):
            yield Problem(f"{place}.validValues[{position}]", "TypeMismatch", message)


def _misfit(value: bool | float | str, kind: ColumnType) -> str:
    """What is wrong with a value of a column of this type, as YAML gives it."""
    number = kind.is_integer or kind.edm in NUMBERS
    wanted: type | tuple[type, ...] = (int, float) if number else str
    if kind.edm == "Edm.Boolean":
        wanted = bool
    if not isinstance(value, wanted) or isinstance(value, bool) != (wanted is bool):
        return f"{value!r} is no {kind.name}" + ("; put it in quotes" if wanted is str else "")
    return "" if _fits(value, kind) else f"{value!r} does not fit {kind.name}"


def _fits(value: bool | float | str, kind: ColumnType) -> bool:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if kind.edm == "Edm.Date" and not DATE.fullmatch(text):
        return False
    try:
        kind.parse(text)
    except (ValueError, ArithmeticError):
        return False
    scale = kind.facets.get("Scale")
    if scale is None:
        return True
    # Not `round`, which knows 28 digits.
    numerator, denominator = Decimal(text).as_integer_ratio()
    return bool(numerator * 10**scale % denominator == 0)


def _kind(column: Column | None) -> ColumnType | None:
    try:
        return column.kind if column and not column.generated else None
    except (UnknownType, ValueError):
        return None


def _known(draft: Draft) -> Iterator[tuple[int, Rule]]:
    return ((number, rule) for number, rule in enumerate(draft.rules) if rule)
