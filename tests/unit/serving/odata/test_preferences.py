import pytest

from dphub_serving.odata import preferences
from dphub_serving.odata.preferences import Prefer


@pytest.mark.parametrize(
    ("values", "size"),
    [
        ([], None),
        (["maxpagesize=50"], 50),
        (["odata.maxpagesize=50"], 50),
        (["odata.maxpagesize=50, maxpagesize=20"], 20),
        (["respond-async", 'maxpagesize="50"; x=1'], 50),
        (["maxpagesize = 50"], 50),
        (["MaxPageSize=50,maxpagesize=20"], 50),
        (["odata.maxpagesize=-1"], None),
        (["maxpagesize=0"], None),
        (["maxpagesize"], None),
        (["maxpagesize=" + "9" * 50], None),
        (['odata.callback;url="please://call/me?back#here,maxpagesize=5"'], None),
        (["wait=0,,;,"], None),
    ],
)
def test_the_page_size_preferred(values: list[str], size: int | None) -> None:
    assert preferences.read(values).maxpagesize == size


@pytest.mark.parametrize(
    ("value", "wish"),
    [
        ("omit-values=nulls", Prefer(omit="nulls")),
        ("omit-values=Defaults", Prefer(omit="defaults")),
        ("odata.omit-values=nulls", Prefer(omit="nulls")),
        ("omit-values=other", Prefer()),
        ('include-annotations="display.*,-*"', Prefer(annotations="display.*,-*")),
        ('odata.include-annotations="*"', Prefer(annotations="*")),
        ('include-annotations="a b"', Prefer()),
        ("include-annotations=", Prefer()),
        ("continue-on-error", Prefer(continue_on_error=True)),
        ("odata.continue-on-error=true", Prefer(continue_on_error=True)),
        ("continue-on-error=false, odata.continue-on-error", Prefer(continue_on_error=False)),
        ("continue-on-error=perhaps", Prefer()),
        ("respond-async, track-changes, wait=5, return=minimal", Prefer()),
    ],
)
def test_what_is_preferred(value: str, wish: Prefer) -> None:
    assert preferences.read([value]) == wish


def test_a_preference_is_echoed_by_the_name_of_the_version() -> None:
    wish = Prefer(40, "nulls", "*", continue_on_error=True)
    assert preferences.applied(wish, "4.0") == {
        "Preference-Applied": "odata.maxpagesize=40, omit-values=nulls, "
        'odata.include-annotations="*", odata.continue-on-error=true'
    }
    assert preferences.applied(wish, "4.01") == {
        "Preference-Applied": "maxpagesize=40, omit-values=nulls, "
        'include-annotations="*", continue-on-error=true'
    }
    assert preferences.applied(Prefer(), "4.0") == {}
