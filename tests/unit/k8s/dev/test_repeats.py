"""A traceback is shown once in a while, and every message."""

from dphub_k8s.dev.repeats import LEFT_OUT, SECONDS, Repeats

MESSAGE = "\x1b[32m2026-01-01 10:00:{0:02} +0000 - dagster.daemon - ERROR - tick {0} failed\n"
TRACEBACK = """\
Traceback (most recent call last):
  File "a.py", line 7, in tick
    write({0})

sqlite3.OperationalError: database or disk is full
[parameters: ('{0:08x}-0000', {0})]
""".splitlines(keepends=True)


def told(repeats: Repeats, number: int, last: str = "") -> list[str]:
    lines = [MESSAGE, *TRACEBACK, last]
    return [shown for line in lines if (shown := repeats.shown(line.format(number)))]


def test_one_of_many_is_shown_whole() -> None:
    now = 0.0
    repeats = Repeats(lambda: now)
    assert len(told(repeats, 1)) == 7
    now = SECONDS - 1
    assert told(repeats, 2) == [MESSAGE.format(2), LEFT_OUT]
    now = SECONDS
    assert len(told(repeats, 3)) == 7


def test_what_differs_is_shown() -> None:
    repeats = Repeats(lambda: 0.0)
    told(repeats, 1)
    assert told(repeats, 2, "ValueError: other\n")[1:] == [LEFT_OUT, "ValueError: other\n"]


def test_what_is_no_traceback_is_shown_as_often_as_it_is_said() -> None:
    repeats = Repeats(lambda: 0.0)
    lines = ["INFO:     Started\n", "plain\n", "  indented\n", "\n"]
    told(repeats, 1)
    for _ in range(3):
        assert [repeats.shown(line) for line in lines] == lines
