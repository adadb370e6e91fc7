"""How names and texts stand in SQL."""

from collections.abc import Iterable


def name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def commas(parts: Iterable[str]) -> str:
    return ", ".join(parts)


def lines(parts: Iterable[str]) -> str:
    """As `commas`, one part a line."""
    return "\n  " + ",\n  ".join(parts)
