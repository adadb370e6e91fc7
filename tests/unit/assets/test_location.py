"""One text of all definitions for all who fetch it."""

import gc
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from dphub_assets.host import fast, location
from dphub_assets.host.location import Texts


def test_one_text_is_made_for_all_who_ask() -> None:
    texts, made, asked = Texts(), [], Event()

    def make() -> str:
        made.append(1)
        asked.wait(5)
        return f"text {len(made)}"

    with ThreadPoolExecutor() as pool:
        answers = [pool.submit(texts.of, True, lambda: "a", make) for _ in range(4)]
        asked.set()
        assert {each.result() for each in answers} == {"text 1"}
    assert texts.of(True, lambda: "a", make) == "text 1"
    assert texts.of(False, lambda: "a", make) == "text 2"
    assert texts.of(True, lambda: "b", make) == "text 3"


def test_what_was_loaded_during_the_pause_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    texts, versions = Texts(), iter(["asked", "loaded", "loaded"])
    monkeypatch.setattr(location, "PAUSE", 0)
    assert texts.of(True, lambda: next(versions), lambda: "new") == "new"
    assert texts.of(True, lambda: next(versions), lambda: "never made") == "new"


def test_a_fault_is_not_kept() -> None:
    texts = Texts()
    fault = json.dumps({"__class__": location.FAULT, "error": None})
    assert texts.of(True, lambda: "a", lambda: fault) == fault
    assert texts.of(True, lambda: "a", lambda: "well") == "well"


def test_dagsters_processes_look_for_garbage_seldom() -> None:
    ask = (
        "import gc; from dphub_assets.host import fast; "
        "fast.run('any', [], lambda: print(list(gc.get_threshold())))"
    )
    said = subprocess.check_output([sys.executable, "-c", ask], text=True)
    assert tuple(json.loads(said)) == fast.COLLECT_AT != gc.get_threshold()
