import duckdb
import pytest

from dphub_k8s.admission import admit
from dphub_k8s.api.errors import Refused
from dphub_k8s.api.types import UnknownType, parse_type
from tests import factories


@pytest.mark.parametrize(
    ("text", "name", "stored"),
    [
        ("list<int>", "list<int>", "INTEGER[]"),
        ("Array< Guid >", "list<uuid>", "VARCHAR[]"),
        ("list<decimal(5,2)>", "list<decimal(5,2)>", "DECIMAL(5,2)[]"),
        (
            "struct<lat: double, Lon:decimal(9, 6)>",
            "struct<lat:double,Lon:decimal(9,6)>",
            'STRUCT("lat" DOUBLE, "Lon" DECIMAL(9,6))',
        ),
        (
            "list<struct<a:list<ulong>,b:struct<c:time>>>",
            "list<struct<a:list<ulong>,b:struct<c:time>>>",
            'STRUCT("a" DECIMAL(20,0)[], "b" STRUCT("c" VARCHAR))[]',
        ),
    ],
)
def test_a_nested_type(text: str, name: str, stored: str) -> None:
    found = parse_type(text)
    assert (found.name, found.stored) == (name, stored)
    assert parse_type(name) == found
    with duckdb.connect() as connection:
        connection.execute(f"SELECT CAST(CAST(NULL AS {found.cast}) AS {found.stored})")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("list<lnt>", "did you mean 'int'"),
        ("list<>", "is no type"),
        ("list<list<int>>", "list of lists"),
        ("struct<a int>", "is no name of a field"),
        ("struct<a:int,A:int>", "differ in more than case"),
        ("struct<1a:int>", "no digit first"),
        ("struct<" * 9 + "a:int" + ">" * 9, "is no name of a field"),
        ("struct<a:" * 9 + "int" + ">" * 9, "at most 8 deep"),
        ("map<string,int>", "is no type"),
    ],
)
def test_what_is_no_nested_type(text: str, message: str) -> None:
    with pytest.raises(UnknownType, match=message):
        parse_type(text)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"key": "tags"}, "NoTypeOfAKey"),
        ({"key": "id", "sort": ["tags"]}, "UnknownColumn"),
    ],
)
def test_a_list_has_no_order(said: dict[str, object], reason: str) -> None:
    columns = {"item": "string", "tags": "list<string>"}
    document = factories.product(columns=columns, key=str(said["key"]))
    if "sort" in said:
        document["spec"]["entity"]["sort"] = said["sort"]
    with pytest.raises(Refused) as refused:
        admit(document)
    assert [problem.reason for problem in refused.value.problems] == [reason]


def test_lists_and_structs_are_stored_last() -> None:
    columns = {"tags": "list<string>", "item": "string"}
    entity = factories.admitted(columns=columns).spec.entity
    assert [column.name for column in entity.storage_order] == ["item", "tags"]
