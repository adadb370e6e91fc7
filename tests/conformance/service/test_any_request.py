"""Whatever is asked, the service says what it thinks of it, and never that it failed."""

import json
from urllib.parse import quote

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.serving.conftest import Client

SEGMENTS = st.sampled_from(
    [
        *("Rows", "Rows('a')", "Rows(@k)", "Rows(id='it''s%2Fc')", "a", "b", "name", "amount"),
        *("weight", "raw", "tags", "home", "items", "city", "place", "lat", "n", "note", "0", "-1"),
        *("9", "$value", "$count", "$ref", "$query", "$each", "$filter(big gt 0)", "$filter(@f)"),
        *("$batch", "$metadata", "$entity", "$all", "$crossjoin(Rows)", "people.Row", "people.X"),
        *("people.Row('a')", "", "x(1)", "@1", "'", "(", "%ff", "Rows('z')", "$filter(", "$links"),
    ]
)
OPTIONS = st.sampled_from(
    [
        *("$top=1", "$skip=1", "$count=true", "$select=id", "$select=home", "$filter=big gt 0"),
        *("$filter=contains(name,'n')", "$orderby=id desc", "$orderby=weight", "$format=json"),
        *("$format=application/json;metadata=full", "@k='a'", "@k=null", "@f=big eq 0", "$id=Rows('a')"),  # noqa: E501
        *("snapshot=0", "snapshot=9", "$schemaversion=*", "x=1", "$skiptoken=x", "$search=a", "$expand=a"),  # noqa: E501
    ]
)  # fmt: skip
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "OData-MaxVersion": st.sampled_from(["4.0", "4.01", "3.0", "x"]),
        "Accept": st.sampled_from(
            ["application/json;metadata=full", "application/json;metadata=none;streaming=true"]
        ),
        "Prefer": st.sampled_from(["omit-values=nulls", "maxpagesize=1", "omit-values=nulls,maxpagesize=1"]),  # noqa: E501
        "If-None-Match": st.sampled_from(["*", '"x"', "x"]),
        "Isolation": st.sampled_from(["snapshot", "x"]),
    },
)  # fmt: skip
URLS = st.tuples(st.lists(SEGMENTS, max_size=5), st.lists(OPTIONS, max_size=3)).map(
    lambda found: "/odata/people/" + "/".join(found[0]) + "?" + "&".join(found[1])
)
KNOWN = {200, 204, 304, 400, 404, 405, 406, 410, 412, 415, 501}
EVERY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])  # noqa: E501  # fmt: skip


@EVERY
@given(url=URLS, headers=HEADERS, method=st.sampled_from(["GET", "GET", "GET", "HEAD", "POST"]))
def test_any_request_is_answered(
    served: Client, url: str, headers: dict[str, str], method: str
) -> None:
    answer = served.request(method, encoded(url), headers)
    assert answer.status_code in KNOWN, (url, answer.text)
    assert answer.headers["OData-Version"] in {"4.0", "4.01"}
    if answer.status_code >= 400 and method != "HEAD":
        assert answer.json()["error"]["message"]
    elif answer.headers.get("Content-Type", "").startswith("application/json") and answer.content:
        answer.json()


@EVERY
@given(urls=st.lists(URLS, max_size=6), headers=HEADERS, goes_on=st.booleans())
def test_any_batch_is_answered_part_by_part(
    served: Client, urls: list[str], headers: dict[str, str], goes_on: bool
) -> None:
    headers = {name: headers[name] for name in headers if name in {"OData-MaxVersion", "Prefer"}}
    if headers.get("OData-MaxVersion") in {"3.0", "x"}:
        del headers["OData-MaxVersion"]
    wish = f"continue-on-error={str(goes_on).lower()}"
    headers["Prefer"] = ", ".join([wish, *([headers["Prefer"]] if "Prefer" in headers else [])])
    requests = [{"id": f"{n}", "method": "GET", "url": encoded(url)} for n, url in enumerate(urls)]
    content = json.dumps({"requests": requests})
    answer = served.post("/odata/people/$batch", content, "application/json", headers)
    assert answer.status_code == 200
    found = answer.json()["responses"]
    statuses = [each["status"] for each in found]
    assert set(statuses) <= KNOWN
    assert [each["id"] for each in found] == [f"{n}" for n in range(len(found))]
    if goes_on:
        assert len(found) == len(urls)
    else:
        assert all(status < 400 for status in statuses[:-1])


def encoded(url: str) -> str:
    return quote(url, safe="/?&=$()',@;%:")
