"""What the rows room runs: a text and the values that belong to its question marks."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """`scans` says that it reads whole columns, so that several threads are worth their while."""

    text: str
    params: tuple[object, ...] = ()
    scans: bool = False


def name(identifier: str) -> str:
    """A quoted identifier; the only place that quotes them."""
    return '"' + identifier.replace('"', '""') + '"'


def computed_name(identifier: str) -> str:
    """Of a computed property; with a blank, so that no column has it."""
    return name(f"computed {identifier}")


def text(literal: str) -> str:
    """A quoted text that is ours (a path, a name of control information), never a value."""
    return "'" + literal.replace("'", "''") + "'"
