"""Binding: what fits becomes a typed tree, what does not fit names its place and what is near."""

import pytest

from dphub_serving.odata import bound
from dphub_serving.odata.errors import ODataError
from tests.unit.serving.odata.samples import query


def refused(text: str, more: str = "") -> tuple[int, str]:
    with pytest.raises(ODataError) as problem:
        query(f"$filter={text}{more}")
    return problem.value.status, str(problem.value)


@pytest.mark.parametrize(
    ("text", "status", "message", "at"),
    [
        ("stage eq 'four'", 400, "'four' is no Edm.Double", 9),
        ("suburb eq 4", 400, "eq does not fit Edm.String and Edm.Int64", 7),
        ("stage eq 4 and suburb gt stage", 400, "gt does not fit", 22),
        ("day gt 2023-01-01T00:00:00Z", 400, "take its date", 4),
        ("day add 1 gt day", 400, "add does not fit Edm.Date and Edm.Int64", 4),
        ("stage", 400, "expected a condition, found Edm.Int32", 0),
        ("stage eq 1 and not stage", 400, "expected a condition", 19),
        ("stge eq 4", 400, "did you mean 'stage'", 0),
        ("lenght(suburb) eq 1", 400, "did you mean 'length'", 0),
        ("substringof('a',suburb)", 400, "contains", 0),
        ("contains(suburb)", 400, "contains takes 2 arguments", 0),
        ("substring(suburb) eq 'a'", 400, "substring takes 2 or 3 arguments", 0),
        ("contains(stage,'a')", 400, "contains takes Edm.String, not Edm.Int32", 9),
        ("substring(suburb,1.5) eq 'a'", 400, "expected a whole number", 17),
        ("hour(2023-01-01T00:00:00+02:00) eq 1", 400, "needs the offset Z", 5),
        ("-suburb eq 'a'", 400, "cannot be negated", 0),
        ("stage in (1,'x')", 400, "is no Edm.Double", 12),
        ("stage in (1,day)", 400, "expected a literal", 12),
        ("stage in (day)", 400, "Edm.Date is no collection", 10),
        ("lenght('a') eq 1", 400, "did you mean 'length'", 0),
        ("lenght(stage=1) eq 1", 400, "did you mean 'length'", 0),
        ("stage(1) eq 1", 501, "stage(…)", 0),
        ("f.g(x=1) eq 1", 501, "f.g(…)", 0),
        ("isof(Ns.T)", 501, "isof", 0),
        ("stage eq [1]", 400, "eq does not fit Edm.Int32 and Collection(Edm.Int64)", 6),
        ("{} eq null", 400, "an object has a property", 0),
        ("$it eq null", 501, "the path", 0),
        ("$root/A(1)/b eq 1", 501, "$root/A(…)/b", 0),
        ("suburb/$count eq 1", 400, "Edm.String is no collection", 7),
        ("suburb/@Core.Term eq 1", 501, "the path", 0),
        ("stage eq 1e999", 400, "is no Edm.Double", 9),
        ("stage eq 1e999999999999", 400, "is no Edm.Double", 9),
        ("stage eq (1,2)", 400, "expected", 11),
        ("@a eq 1", 400, "is made of itself", 0),
        ("suburb has Ns.Color'Red'", 400, "has takes a value of an enumeration", 7),
        ("suburb/length eq 1", 400, "Edm.String has no property 'length'", 7),
        ("tags/any(t:t eq 'x')", 400, "has no property 'tags'", 0),
    ],
)
def test_what_does_not_fit_names_its_place(text: str, status: int, message: str, at: int) -> None:
    found, said = refused(text, "&@a=@a")
    assert found == status, said
    assert message in said
    assert f"at position {at}, near" in said


def test_deep_trees_are_refused_and_long_ones_are_not() -> None:
    assert refused(" add ".join(["stage"] * 150) + " eq 1")[0] == 400
    assert refused("(" * 150 + "stage eq 1" + ")" * 150)[0] == 400
    chain = " or ".join(f"stage eq {n} or amount gt {n}" for n in range(1300))
    found = query(f"$filter={chain}").filter
    assert found
    assert isinstance(found.condition, bound.Junction)
    assert len(found.condition.terms) == 1301


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("stage gt 4.5", "stage gt 4"),
        ("stage le -0.5", "stage le -1"),
        ("stage lt 1e30", "stage ne null"),
        ("stage gt 1e30", "false"),
        ("stage eq 4.5", "false"),
        ("stage ne NaN", "true"),
        ("stage lt INF", "stage ne null"),
        ("4 lt stage", "stage gt 4"),
        ("stage eq '4'", "stage eq 4"),
        ("amount eq 1.505", "false"),
        ("stage eq 1 or stage eq 2 or stage in (3)", "stage in (1,2,3)"),
        ("null ge null", "true"),
        ("stage gt null", "false"),
        ("$it/stage eq 4", "stage eq 4"),
        ("STAGE eq 4", None),
        ("stage EQ 4 AND TRUE", "stage eq 4 and true"),
        ("stage eq @p", "stage eq 7"),
        ("stage eq @q", "stage eq null"),
        ("Contains(suburb,'x')", "contains(suburb,'x')"),
    ],
)
def test_what_means_the_same_becomes_the_same(text: str, same: str | None) -> None:
    if same is None:
        assert refused(text)[0] == 400
        return
    found, other = query(f"filter={text}&@p=7").filter, query(f"$filter={same}").filter
    assert found
    assert other
    assert found.condition == other.condition


def test_an_alias_is_given_once() -> None:
    assert refused("stage eq @p", "&@p=1&@p=2")[0] == 400
