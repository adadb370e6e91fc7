"""Any request gets an answer of the standard's, in time, with a body that can be read."""

import os
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.fuzz import hub, urls
from tests.unit.serving.conftest import Client, serving

CASES = int(os.environ.get("DPHUB_CASES", "300"))
FIRST = int(os.environ.get("DPHUB_FIRST_CASE", "0"))
SECONDS = 10
# 501 is for what the standard has and the service has not.
EXPECTED = {200, 204, 400, 404, 405, 406, 410, 414, 501}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    home: Path = tmp_path_factory.mktemp("home")
    with serving(hub.publish(home)) as client:
        yield client


def check(answer: httpx.Response) -> None:
    assert answer.status_code in EXPECTED, answer.text
    assert answer.headers["OData-Version"] in {"4.0", "4.01"}
    if answer.headers.get("Content-Type", "").startswith("application/json"):
        body = answer.json()
        if answer.status_code >= 400:
            assert body["error"]["code"]
            assert body["error"]["message"]


@pytest.mark.timeout(7200)
def test_random_requests(served: Client) -> None:
    statuses: Counter[int] = Counter()
    for number in range(FIRST, FIRST + CASES):
        url = urls.url(number)
        began = time.monotonic()
        try:
            answer = served.get(url)
            check(answer)
        except Exception as error:
            raise AssertionError(f"DPHUB_FIRST_CASE={number}: {url!r}: {error}") from error
        assert time.monotonic() - began < SECONDS, url
        statuses[answer.status_code] += 1
    print(f"{CASES} requests: {dict(sorted(statuses.items()))}")
    # A generator that the service never understands would test the lexer alone.
    assert statuses[200] > CASES / 20
    assert statuses[400] > CASES / 20


def test_keys_of_the_grammar_are_there(served: Client) -> None:
    keys = {key for key in urls.GRAMMAR["key"] if re.fullmatch("'(part|_x).*'", key)}
    sets = {"Parts" if key.startswith("'part") else "Rows" for key in keys}
    assert sets == {"Parts", "Rows"}
    for key in keys:
        name = "Parts" if key.startswith("'part") else "Rows"
        assert served.get(f"/odata/rows/{name}({key})").status_code == 200


def test_a_number_is_always_the_same_request() -> None:
    assert [urls.url(number) for number in range(50)] == [urls.url(number) for number in range(50)]
