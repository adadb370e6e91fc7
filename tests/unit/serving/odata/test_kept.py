"""A filter that is asked again is neither bound nor compiled again, unless it means another."""

import datetime as dt

from dphub_serving.odata import bind, url
from dphub_serving.odata.bound import Junction
from dphub_serving.odata.edm import EntityType
from dphub_serving.odata.parser import LONGEST_KEPT
from dphub_serving.odata.query import Filter
from dphub_serving.sql.filter import Passing, passing
from dphub_serving.sql.native import Native
from dphub_serving.sql.table import Table
from tests.unit.serving.odata.samples import entity_type

TYPE = entity_type()


def asked(text: str, of: EntityType = TYPE) -> Filter:
    found = bind.condition(url.parse("/odata/p", text).options, of)
    assert found
    return found


def compiled(wanted: Filter, native: str | None = None) -> Passing:
    types = {each.name: each.type for each in TYPE.properties}
    more = Native(native) if native else None
    return passing(Table("rows", None, 9, types, frozenset(), (), "id", None, more), wanted)


def test_a_text_is_bound_once_for_a_type() -> None:
    first = asked("$filter=stage eq @p&@p=4")
    assert asked("$filter=stage eq @p&@p=4").condition is first.condition
    assert asked("$filter=stage eq @p&@p=5").condition != first.condition
    assert asked("$filter=stage eq @p&@p=4", entity_type()).condition is not first.condition


def test_a_condition_is_compiled_once_for_a_place() -> None:
    wanted = asked("$filter=stage eq 4")
    assert compiled(wanted) is compiled(wanted)
    assert "native" in compiled(wanted, "native").source.text
    assert "native" not in compiled(wanted).source.text


def test_the_moment_is_that_of_the_request() -> None:
    first, second = (asked("$filter=now() gt 2024-01-01T00:00:00Z") for _ in "ab")
    assert first.volatile
    assert first.now < second.now
    assert compiled(second).condition.params[0] == second.now


def test_long_texts_are_not_kept() -> None:
    text = "$filter=" + " or ".join(f"stage eq {n} or amount lt {n}" for n in range(100))
    assert asked(text).condition is not asked(text).condition
    assert asked(text).now > dt.datetime.min.replace(tzinfo=dt.UTC)


def test_a_search_stands_beside_the_terms_of_a_filter() -> None:
    found = asked("$search=a&$filter=stage eq 4 and amount lt 5").condition
    assert isinstance(found, Junction)
    assert len(found.terms) == 3


def test_options_are_read_once_for_a_secret() -> None:
    first, again = (url.parse("/odata/p", "$top=5&@p=1").options for _ in "ab")
    assert again is first
    assert url.parse("/odata/p", "$top=5&@p=1", secret=b"other").options is not first
    assert url.parse("/odata/p", "$top=5&@p=2").options.aliases["p"].text == "2"


def test_long_options_are_not_kept() -> None:
    text = "$filter=" + "a eq 1 or " * (LONGEST_KEPT // 10) + "a eq 2"
    assert url.parse("/odata/p", text).options is not url.parse("/odata/p", text).options
