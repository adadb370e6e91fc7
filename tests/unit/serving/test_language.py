"""The expression language over HTTP: which rows come, in which order, and what they look like."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest

from dphub_assets.lake.writer import Lake
from tests.lake_factory import product, publish
from tests.unit.serving.conftest import Client, serving
from tests.unit.serving.test_filter import follow

COLUMNS = {
    "n": "int",
    "amount": "decimal(9,2)",
    "ratio": "double",
    "part": "float",
    "wide": "decimal(38,2)",
    "name": "string",
    "day": "date",
    "at": "timestamp",
    "tags": "list<string>",
    "sizes": "list<int>",
    "place": "struct<city:string,zip:int,geo:struct<x:double,y:double>>",
    "stops": "list<struct<city:string,zip:int>>",
}
ROWS = """
    SELECT 1 AS n, 1.5 AS amount, 0.1 AS ratio, 'inf' AS part, -7.25 AS wide, 'Ab' AS name,
           DATE '2024-01-01' AS day, TIMESTAMPTZ '2024-01-01 01:02:03+00' AS at,
           ['x', 'y'] AS tags, [1, 2, 2] AS sizes,
           {'city': 'X', 'zip': 5, 'geo': {'x': 1.5::DOUBLE, 'y': 2::DOUBLE}} AS place,
           [{'city': 'P', 'zip': 1}, {'city': 'Q', 'zip': 2}] AS stops
    UNION ALL SELECT 2, NULL, 'nan', '-inf', NULL, 'b c', NULL, NULL, [], NULL, NULL, NULL
    UNION ALL SELECT -3, 2.25, NULL, 2.5, 1.5, NULL, DATE '2023-05-06',
           TIMESTAMPTZ '2023-05-06 00:00:00+00', ['z', NULL], [3],
           {'city': NULL, 'zip': 7, 'geo': NULL}, []
"""
ALL = [-3, 1, 2]


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home = tmp_path_factory.mktemp("home")
    wanted = product(COLUMNS, key="n", generated=None, sort=["n"], odata={"page_size": 2})
    publish(Lake.open_at(home / "lake"), wanted, ROWS)
    with serving(home) as client:
        yield client


def rows(client: Client, query: str) -> list[dict[str, Any]]:
    return follow(client, f"/odata/orders/Rows?{query}")


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        # seconds with more digits than are kept
        ("at lt 2024-01-01T01:02:03.0000001Z", [-3, 1]),
        ("at le 2024-01-01T01:02:02.9999999Z", [-3]),
        ("2024-01-01T01:02:02.9999999Z lt at", [1]),
        ("at ge '2024-01-01T01:02:02.9999999Z'", [1]),
        ("at gt 9999-12-31T23:59:59.9999999Z", []),
        ("at eq 2024-01-01T01:02:03.0000000Z", [1]),
        # leap seconds
        ("at lt 2023-12-31T23:59:60Z", [-3]),
        ("at eq 2023-12-31T23:59:60Z or at eq 2024-01-01T01:02:03Z", [1]),
        ("time(at) lt 01:01:60.5", [-3]),
        ("at eq 2024-01-01T01:02:03.0000001Z", []),
        ("at ne 2024-01-01T01:02:03.0000001Z", ALL),
        ("at in (2024-01-01T01:02:03.0000001Z,2024-01-01T01:02:03Z)", [1]),
        ("null in (01:02:03.0000001,null) and n eq 1", [1]),
        ("not (at lt 2024-01-01T01:02:03.0000001Z)", [2]),
        ("time(at) gt 01:02:02.9999999", [1]),
        ("at sub 2024-01-01T01:02:03Z lt duration'PT0.0000001S'", [-3, 1]),
        ("at sub 2024-01-01T01:02:03Z gt duration'-PT0.0000001S'", [1]),
        ("at sub 2024-01-01T01:02:03Z le duration'-PT0.0000001S'", [-3]),
        # durations, with and without their prefix, in any case
        ("at add 'P1D' lt 2024-01-01T00:00:00Z", [-3]),
        ("day sub @d eq 2023-12-31&@d='p1dt0h'", [1]),
        ("day add duration'p1d' eq 2024-01-02", [1]),
        ("'PT2H' div 2 eq 'PT1H' and duration'PT1H' add 'pt1h' eq 'PT2H'", ALL),
        ("name eq 'P1D' or n add '1' eq 2", [1]),
        # a list of nothing
        ("n in () or name in ()", []),
        ("not (n in ()) and name in ('Ab')", [1]),
        ("tags/any(v:v in ()) or null in ()", []),
        ("round(amount) div 4 eq 0.5", [-3, 1]),
        # beyond single precision
        ("cast('1e400',Edm.Double) eq null and cast('1e39',Edm.Single) eq null", ALL),
        ("cast('-INF',Edm.Double) eq -INF and cast('1e30',Edm.Single) gt 1e29", ALL),
        ("part eq 1e39", []),
        ("part lt 1e39", [-3, 2]),
        # decimals, and no binary fractions of them
        ("0.3 div 3 eq 0.1 and 0.3 div 0.1 eq 3 and 0.7 divby 7 eq 0.1", ALL),
        ("amount div 0.1 eq 15 and amount div n eq 1.5", [1]),
        ("wide div 0.01 eq -725", [1]),
        ("trim(concat('%C2%85%0B',concat(name,'%20%C2%85'))) eq name", ALL),
        ("part ge -1e39", [-3, 1]),
        ("part in (1e39,2.5)", [-3]),
        # members of collections
        ("tags/any(v:v eq 'x')", [1]),
        ("tags/all(v:v eq 'x')", [2]),
        ("tags/any()", [-3, 1]),
        ("not tags/any()", [2]),
        ("tags/any(v:v eq null)", [-3]),
        ("tags/any(v:contains(v,'x') or v eq @p)&@p='z'", [-3, 1]),
        ("tags/$count gt 1", [-3, 1]),
        ("tags/$count($filter=$this eq 'x') eq 1", [1]),
        ("tags/$count($search=X) eq 1", [1]),
        ("sizes/$count($filter=$this gt 1) eq $it/n add 1", [1]),
        ("stops/any(s:s/city eq 'Q' and s/zip gt n)", [1]),
        ("stops/$count($filter=city eq 'Q' and zip eq 2) eq 1", [1]),
        ("stops/$filter(city eq 'Q')/any(s:s/zip eq 2)", [1]),
        ("stops/any(s:$it/tags/any(v:v eq 'x' and s/zip eq 1))", [1]),
        ("sizes/any(s:s in (1,3)) and sizes/any(s:s in [3,4])", [-3]),
        # complex values
        ("place/city eq 'X'", [1]),
        ("place/geo/x gt 1", [1]),
        ("place eq null", [2]),
        ('place eq {"city":null,"zip":7}', [-3]),
        ('place/geo eq {"x":1.5,"y":2}', [1]),
        ("place eq place", ALL),
        ("place eq place/geo", [2]),
        ("place/geo ne place", [-3, 1]),
        # collections as a whole
        ('tags eq ["x","y"]', [1]),
        ('tags ne ["x","y"]', [-3, 2]),
        ("tags eq []", [2]),
        ("tags eq null", []),
        ("sizes eq [1,2,2.0]", [1]),
        ('name in ["Ab","q"]', [1]),
        ("n in @p&@p=[1,2]", [1, 2]),
        ("n in sizes", [1]),
        ("name in tags", [-3]),
        ("tags/$count($filter=$this eq 'x') in sizes", [1]),
        ("day in ['2024-01-01']", [1]),
        ("hassubset(sizes,[2,2])", [1]),
        ("hassubset(sizes,[2,2,2])", []),
        ("hassubset(tags,[])", ALL),
        ("hassubsequence(sizes,[1,2])", [1]),
        ("hassubsequence(sizes,[2,1])", []),
        ("hassubsequence(@a,sizes)&@a=[3,1,5,2,9,2]", ALL),
        # branches and types
        ("case(n gt 1:'big',n lt 0:'neg',true:'one') eq 'big'", [2]),
        ("case(n gt 1:1) eq null", [-3, 1]),
        ("case(n gt 1:1,true:2.5) eq 2.5", [-3, 1]),
        ("cast(n,Edm.String) eq '1'", [1]),
        ("cast(0.25,Edm.String) eq '0.25' and n eq 1", [1]),
        ("cast(n,Edm.Byte) eq null", [-3]),
        ("cast(amount,Edm.Int32) eq 2", [-3, 1]),
        ("cast(day,Edm.Int32) eq null", ALL),
        ("cast('2024-01-01T01:02:03',Edm.DateTimeOffset) eq at", [1]),
        ("cast('2024-01-01T02:02:03.0000009%2B01:00',Edm.DateTimeOffset) eq at", [1]),
        ("cast('01:02:03.0000009',Edm.TimeOfDay) eq time(at)", [1]),
        ("isof(n,Edm.Int32)", ALL),
        ("isof(ratio,Edm.Double)", [1, 2]),
        ("isof(ratio,Edm.Single)", []),
        ("isof(orders.Row)", ALL),
        ("isof($it,orders.Row)", ALL),
        ("matchespattern(name,'^A.*b$')", [1]),
        ("matchespattern(name,concat('^',substring(name,0,1)))", [1, 2]),
        ("totaloffsetminutes(at) eq 0", [-3, 1]),
        ("totaloffsetminutes(at) add n eq 1", [1]),
        # the entity
        ("$this/n eq 1", [1]),
        ("orders.Row/n eq 1", [1]),
        ("day eq @p&@p='2024-01-01'", [1]),
        # computed properties
        ("q gt 2&$compute=n add 1 as q", [2]),
        ("q gt 4&$compute=p mul 2 as q,n add 1 as p", None),
        ("q gt 4&$compute=n add 1 as p,p mul 2 as q", [2]),
    ],
)
def test_a_filter_finds(served: Client, text: str, numbers: list[int] | None) -> None:
    asked = f"$filter={text}"
    if numbers is None:
        assert served.get(f"/odata/orders/Rows?{asked}").status_code == 400
        return
    assert [row["n"] for row in rows(served, f"{asked}&$select=n")] == numbers
    assert served.get(f"/odata/orders/$count?{asked}").text == str(len(numbers))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("ab", [1]),
        ("b NOT c", [1]),
        ('"B C"', [2]),
        ("NOT zzz", ALL),
        ("NOT b", [-3]),
        ("ab OR c", [1, 2]),
        ("'b '", [2]),
        ("b&$filter=n lt 2", [1]),
    ],
)
def test_a_search_finds(served: Client, text: str, numbers: list[int]) -> None:
    assert [row["n"] for row in rows(served, f"$search={text}&$select=n")] == numbers
    assert served.get(f"/odata/orders/$count?$search={text}").text == str(len(numbers))


@pytest.mark.parametrize(
    ("order", "numbers"),
    [
        ("n mul -1", [2, 1, -3]),
        ("length(name) desc,n", [2, 1, -3]),
        ("place/zip", [2, 1, -3]),
        ("place/zip desc", [-3, 1, 2]),
        ("n gt 1 desc,n", [2, -3, 1]),
        ("case(n gt 1:0),n", [-3, 1, 2]),
        ("tags/$count,n desc", [2, 1, -3]),
        ("q desc&$compute=n mul n as q", [-3, 2, 1]),
        ("1,null,n desc", [2, 1, -3]),
        ("concat(name,@p) desc&@p='x'", [2, 1, -3]),
    ],
)
def test_an_order_by_expressions(served: Client, order: str, numbers: list[int]) -> None:
    """In pages of two, and of one."""
    query = f"$orderby={order}&$select=n"
    assert [row["n"] for row in rows(served, query)] == numbers
    link: str | None = f"/odata/orders?{query}&$top=3"
    found = []
    while link:
        page = served.get(link, {"Prefer": "maxpagesize=1"}).json()
        found += [row["n"] for row in page["value"]]
        link = page.get("@odata.nextLink")
    assert found == numbers


def test_a_page_link_is_bound_to_what_orders_it(served: Client) -> None:
    link = served.get("/odata/orders/Rows?$orderby=q&$compute=n add 1 as q").json()
    following = link["@odata.nextLink"]
    assert served.get(following).status_code == 200
    for changed in (("orderby=q&", "orderby=q%20add%201&"), ("n%20add", "n%20sub")):
        refused = served.get(following.replace(*changed))
        assert refused.json()["error"]["code"] == "BadToken", changed


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("$select=place/city", {"place": {"city": "X"}, "@odata.id": "Rows(1)"}),
        (
            "$select=n,place($select=zip,geo($select=x))",
            '{"n":1,"place":{"zip":5,"geo":{"x":1.5}}}',
        ),
        ("$select=n,place/city,place", None),
        ("$select=n,stops/city", '{"n":1,"stops":[{"city":"P"},{"city":"Q"}]}'),
        ("$select=n,tags($filter=$this eq 'x')", '{"n":1,"tags":["x"]}'),
        ("$select=n,tags($filter=$this eq @a;@a='y')", '{"n":1,"tags":["y"]}'),
        ("$select=n,tags($search=Y)", '{"n":1,"tags":["y"]}'),
        ("$select=n,stops($filter=zip gt $it/n;$select=city)", '{"n":1,"stops":[{"city":"Q"}]}'),
        ("$select=n,sizes($skip=1;$top=1)", '{"n":1,"sizes":[2]}'),
        ("$select=n,sizes($orderby=$this desc;$top=2)", '{"n":1,"sizes":[2,2]}'),
        (
            "$select=n,tags($count=true;$top=1;$filter=$this ne 'q')",
            '{"n":1,"tags@odata.count":2,"tags":["x"]}',
        ),
        (
            "$select=n,stops($orderby=length(city),zip mul -1;$select=zip)",
            '{"n":1,"stops":[{"zip":2},{"zip":1}]}',
        ),
        ("$select=n,q&$compute=n add 1 as q", '{"n":1,"q@odata.type":"#Int64","q":2}'),
        (
            "$select=n,q&$compute=case(n gt 0:tags/$count,true:0) as q",
            '{"n":1,"q@odata.type":"#Int64","q":2}',
        ),
        ("$select=n,q&$compute=[null] as q", '{"n":1,"q":[null]}'),
        ("$select=n,q&$compute=year(day) as q", '{"n":1,"q@odata.type":"#Int32","q":2024}'),
        ("$select=n,q&$compute=length(name) as q", '{"n":1,"q@odata.type":"#Int32","q":2}'),
        ("$select=n,q&$compute=tags/$count as q", '{"n":1,"q@odata.type":"#Int64","q":2}'),
        ("$select=n,q&$compute=round(amount) as q", '{"n":1,"q@odata.type":"#Decimal","q":2.0}'),
        ("$select=n,q&$compute=-wide as q", '{"n":1,"q@odata.type":"#Decimal","q":7.25}'),
        (
            "$select=n,q&$compute=cast(1e22,Edm.Decimal) eq 10000000000000000000000 as q",
            '{"n":1,"q":true}',
        ),
        (
            "$select=n,q,p&$compute=0001-01-01 sub duration'P1D' as q,"
            "0001-01-01T00:00:00Z sub duration'P400DT1S' as p",
            '{"n":1,"q@odata.type":"#Date","q":"0000-12-31","p@odata.type":"#DateTimeOffset",'
            '"p":"-0001-11-27T23:59:59.000000Z"}',
        ),
        ("$select=n,q&$compute=cast(ratio,Edm.String) as q", '{"n":1,"q":"0.1"}'),
        ("$select=n,q&$compute=cast(at,Edm.String) as q", '{"n":1,"q":"2024-01-01T01:02:03Z"}'),
        (
            "$select=n,q&$compute=day sub 2023-12-31 as q",
            '{"n":1,"q@odata.type":"#Duration","q":"P1DT0H0M0S"}',
        ),
        (
            "$select=n,q&$compute=sizes as q",
            '{"n":1,"q@odata.type":"#Collection(Int32)","q":[1,2,2]}',
        ),
        ("$select=n,q&$compute=n gt 0 and n lt 5 as q", '{"n":1,"q":true}'),
    ],
)
def test_what_a_row_shows(served: Client, query: str, wanted: Any) -> None:
    (row,) = served.get(f"/odata/orders/Rows?$filter=n eq 1&{query}").json()["value"]
    one = served.get(f"/odata/orders/Rows(1)?{query}").json()
    assert {name: each for name, each in one.items() if name != "@odata.context"} == row
    if wanted is None:
        assert row["place"] == {"city": "X", "zip": 5, "geo": {"x": 1.5, "y": 2.0}}
    else:
        assert row == (json.loads(wanted) if isinstance(wanted, str) else wanted)


@pytest.mark.parametrize(
    ("query", "fragment"),
    [
        ("$select=n,place/city", "#Rows(n,place/city)"),
        ("$select=n,place($select=city)", "#Rows(n,place/city)"),
        ("$select=*,place/city", "#Rows"),
        ("$select=q&$compute=n add 1 as q", "#Rows(q)"),
        ("$compute=n add 1 as q", "#Rows"),
    ],
)
def test_the_context_says_what_is_selected(served: Client, query: str, fragment: str) -> None:
    page = served.get(f"/odata/orders/Rows?{query}").json()
    assert page["@odata.context"].endswith(f"$metadata{fragment}")


def test_computed_properties_come_unasked(served: Client) -> None:
    page = served.get("/odata/orders/Rows?$compute=n add 1 as q&$top=1").json()
    assert page["value"][0]["q"] == -2
    plain = {"Accept": "application/json;odata.metadata=none"}
    (row,) = served.get("/odata/orders/Rows?$compute=n add 1 as q&$top=1", plain).json()["value"]
    assert [name for name in row if name.startswith("q")] == ["q"]
    newer = {"OData-MaxVersion": "4.01"}
    (row,) = served.get("/odata/orders/Rows?$compute=n add 1 as q&$top=1", newer).json()["value"]
    assert row["q@type"] == "Int64"


def test_an_answer_of_the_moment_has_the_tag_of_the_moment(served: Client) -> None:
    for query in ("$compute=now() as q", "$compute=n add 1 as q"):
        first, second = (served.get(f"/odata/orders/Rows?{query}") for _ in range(2))
        assert (first.headers["ETag"] == second.headers["ETag"]) is ("now" not in query)


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("$filter=tags/foo eq 1", 400, "behind a collection stands any, all"),
        ("$filter=n/any()", 400, "Edm.Int32 is no collection"),
        ("$filter=n/foo eq 1", 400, "Edm.Int32 has no property 'foo'"),
        ("$filter=tags/any(v:tags/any(v:v eq 'x'))", 400, "'v' is a variable already"),
        ("$filter=place gt place", 400, "gt does not fit"),
        ("$filter=totaloffsetminutes(2024-01-01T00:00:00%2B02:00) eq 0", 400, "needs the offset Z"),
        ("$filter=day(@m) eq 31&@m=2024-01-01T00:00:00%2B02:00", 400, "needs the offset Z"),
        ("$filter=date('2024-01-01T00:00:00%2B02:00') eq day", 400, "needs the offset Z"),
        ("$filter=tags eq 'x'", 400, "eq does not fit"),
        ("$filter=hassubset(tags,[1])", 400, "two collections of one type"),
        ("$filter=second(01:02:03.0000001) eq 3", 400, "more than six digits"),
        ("$filter=at add duration'PT0.0000001S' gt at", 400, "more than six digits"),
        ("$filter=name lt 01:02:03.0000001", 400, "lt does not fit Edm.String and Edm.TimeOfDay"),
        ("$filter=name in (01:02:03.0000001)", 400, "in does not fit Edm.String"),
        ("$filter=name has 'x'", 400, "has takes a value of an enumeration"),
        ("$filter=matchespattern(name,'(?=A)')", 501, "looks around"),
        ("$filter=substring(name,0,-1) eq ''", 400, "not negative"),
        ("$filter=isdefined(name)", 501, "isdefined"),
        ("$filter=stops/$filter(zip eq 1)(1)/city eq 'P'", 501, "the path"),
        ("$orderby= [1]", 400, "ordered by primitive values"),
        ("$filter=geo.length(name) gt 1", 501, "geo.length"),
        ("$filter=name eq Ns.Color'Red'", 501, "the literal"),
        ("$filter=cast(n,Edm.Nope) eq null", 400, "there is no type"),
        ("$filter=cast(name,Edm.Duration) eq null", 501, "a cast"),
        ("$filter=case(true:1,true:'a') eq 1", 400, "one primitive type"),
        ("$filter=[1,'a'] eq sizes", 400, "of one type"),
        ("$filter=concat(tags,tags) eq tags", 501, "concat of a collection"),
        ("$orderby=tags", 400, "primitive values"),
        ("$orderby=place", 400, "primitive values"),
        ("$orderby=now() sub at", 501, "an order by now()"),
        ("$compute=n add 1 as n", 400, "has a property 'n' already"),
        ("$compute=n as q,n as Q", 400, "has a property 'Q' already"),
        ("$compute=place as q", 501, "of a complex type"),
        ("$select=q", 400, "has no property 'q'"),
        ("$select=place/nope", 400, "has no property 'nope'"),
        ("$select=tags($compute=1 as q)", 501, "$compute of a selected collection"),
        ("$select=stops($orderby=zip,city desc)", 501, "two directions"),
        ("$select=place($filter=zip eq 1)", 501, "no collection"),
        (
            "$compute=n as q0," + ",".join(f"q{i} add 1 as q{i + 1}" for i in range(10)),
            400,
            "more than 10 others",
        ),
    ],
)
def test_what_is_refused(served: Client, query: str, status: int, message: str) -> None:
    answer = served.get(f"/odata/orders/Rows?{query}")
    assert (answer.status_code, message in answer.text) == (status, True), answer.text
    assert "at position" in answer.text


@pytest.mark.parametrize("pattern", ["(A", "A)", "[", "a**", "a{2000}", "\\", "(?<", "(?P>a)"])
def test_a_pattern_that_is_none(served: Client, pattern: str) -> None:
    text = quote(f"matchespattern(name,'{pattern}')")
    answer = served.get(f"/odata/orders/Rows?$filter={text}")
    assert (answer.status_code, "pattern is none" in answer.text) == (400, True), answer.text


def test_what_a_product_does_not_order_by_is_not_computed_into_an_order(
    lake: Lake, client: Client
) -> None:
    limits = {"orderable": ["n"], "filterable": ["n"]}
    publish(lake, product(COLUMNS, key="n", generated=None, sort=["n"], odata=limits), ROWS)
    client.refresh()
    for query in (
        "$orderby=amount add 1",
        "$orderby=place/zip",
        "$orderby=q&$compute=p add 1 as q,amount as p",
        "$orderby=q&$compute=amount as p,p add 1 as q",
        "$filter=q gt 1&$compute=amount as q",
        "$filter=tags/any()",
    ):
        assert client.get(f"/odata/orders/Rows?{query}").status_code == 400, query
    assert client.get("/odata/orders/$count?$search=ab").text == "0"
    assert client.get("/odata/orders/Rows?$compute=amount add 1 as q").status_code == 200
