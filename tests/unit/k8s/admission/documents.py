"""Products in which one thing is said differently."""

from typing import Any

from tests.factories import product

TWO = product(sources=("orders", "items"))


def source(**said: Any) -> dict[str, Any]:
    return product(sources={"orders": {"path": "orders.parquet", **said}})


def column(**said: Any) -> dict[str, Any]:
    return product(columns={"item": {"type": "string", **said}})


def key(**said: Any) -> dict[str, Any]:
    return product(key="id", columns={"id": {"type": "string", **said}, "item": "string"})


def three(*joins: tuple[str, str], **said: Any) -> dict[str, Any]:
    rows = [{"left": left, "right": right, "on": ["item"], **said} for left, right in joins]
    return product(sources="abc", joins=rows)
