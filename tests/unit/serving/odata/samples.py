"""The smallest model that the tests of this room need, and short ways to use it."""

from dphub_k8s.api.types import parse_type
from dphub_serving.odata import bind, url
from dphub_serving.odata.edm import EntityType, Property
from dphub_serving.odata.query import Limits, Query

OUTAGE = ("id:string", "day:date", "suburb:string", "stage:int", "amount:decimal(18,2)")


def entity_type(
    *columns: str, key: tuple[str, ...] = ("id",), name: str = "Outage", namespace: str = "outage"
) -> EntityType:
    """`columns` are `name:type`; without any, the type of the documents' example."""
    pairs = [column.split(":") for column in columns or OUTAGE]
    properties = tuple(Property(name, parse_type(kind), name not in key) for name, kind in pairs)
    return EntityType(namespace, name, key, properties)


def query(
    text: str = "",
    *,
    path: str = "/odata/p",
    limits: Limits | None = None,
    maxpagesize: int | None = None,
) -> Query:
    request = url.parse(path, text)
    return bind.query(request, entity_type(), limits or Limits(), maxpagesize=maxpagesize)
