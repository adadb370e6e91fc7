"""A next link is the same request, one page further."""

from urllib.parse import quote, quote_plus

from hypothesis import given
from hypothesis import strategies as st

from dphub_serving.odata import bind, links, url
from dphub_serving.odata.query import Limits, next_token
from dphub_serving.odata.token import AfterRow
from tests.unit.serving.odata.samples import entity_type

HOST = "https://hub.example"
NAMES = ["id", "day", "suburb", "stage", "amount"]
CUSTOM = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PATHS = ["/odata/p", "/odata/p@3", "/odata/p/Set", "/odata/p@3/Set/", "/odata/hub_set"]


@st.composite
def queries(draw: st.DrawFn) -> str:
    """Options in any spelling and order, among custom ones that hold anything."""
    fields = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(",".join)
    pairs = {
        "$select": draw(st.none() | fields),
        "$orderby": draw(st.none() | fields.map(lambda text: f"{text} desc")),
        "$top": draw(st.none() | st.integers(1, 5000).map(str)),
        "$skip": draw(st.none() | st.integers(0, 5000).map(str)),
        "$count": draw(st.none() | st.sampled_from(["true", "false"])),
        "$format": draw(st.none() | st.just("application/json;odata.metadata=none")),
    }
    encode = draw(st.sampled_from([quote, quote_plus]))
    spell = draw(st.sampled_from(["{0}", "{1}", "{2}"]))
    given_pairs = [
        (spell.format(name, name.upper(), name[1:]), value)
        for name, value in pairs.items()
        if value is not None
    ]
    custom = [("x" + name, value) for name, value in draw(st.lists(st.tuples(CUSTOM, CUSTOM), max_size=2))]  # noqa: E501  # fmt: skip
    shuffled = draw(st.permutations(given_pairs + custom))
    return "&".join(f"{encode(name)}={encode(value)}" for name, value in shuffled)


@given(path=st.sampled_from(PATHS), text=queries(), rows=st.integers(1, 100))
def test_the_next_link_asks_the_same_of_the_next_page(path: str, text: str, rows: int) -> None:
    first = url.parse(path, text, hub_sets={"hub_set"})
    query = bind.query(first, entity_type(), Limits())
    delivered = min(rows, query.page)
    cursor = AfterRow((*["x"] * len(query.order), delivered))
    token = next_token(query, 3, cursor, delivered)
    following = links.next_link(f"{HOST}/odata", first, token, page=query.page, rows=delivered)

    second = url.parse(*following.removeprefix(HOST).split("?"), hub_sets={"hub_set"})
    assert second.path == first.path
    assert second.snapshot == 3
    old, new = first.options, second.options
    assert (new.select, new.orderby, new.count, new.format) == (
        (old.select, old.orderby, old.count, old.format)
    )
    assert new.skip == (old.skip or 0) + delivered
    assert new.skiptoken == token
    assert custom(second) == custom(first)

    if token.remaining != 0:
        bound = bind.query(second, entity_type(), Limits())
        assert bound.cursor == cursor
        assert (bound.select, bound.order, bound.count) == (query.select, query.order, query.count)
        assert bound.page <= query.page


def custom(request: url.Request) -> list[tuple[str, str]]:
    return [pair for pair in request.options.pairs if pair[0].startswith("x")]
