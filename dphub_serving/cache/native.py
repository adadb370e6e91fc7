"""Which snapshots are answered from a native file, and the thread that sees to it.

A snapshot that was asked for often enough gets a file in the background; until it is there, and
whenever it turns out to be no good, the answer comes from Parquet.
"""

import logging
import os
import queue
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import duckdb

from dphub_serving.cache.build import TOO_BIG
from dphub_serving.cache.folder import Folder
from dphub_serving.rows.engine import Engine
from dphub_serving.rows.errors import EngineError, Exhausted, Expired
from dphub_serving.rows.lru import Lru
from dphub_serving.sql.native import Marks, Native, create
from dphub_serving.sql.table import NUMBERED, Table, parquet

log = logging.getLogger("dphub.serving")
T = TypeVar("T")

HOT = 5  # times that a snapshot was asked for
KNOWN = 4096
IDLE_SECONDS = 600.0
LOOK_SECONDS = 2.0
AGAIN_SECONDS = 600.0
TOO_BIG_SECONDS = 86_400.0  # to find that out again costs as much as it did
TICK_SECONDS = 0.5
TOUCH_SECONDS = 60.0


@dataclass(slots=True)
class _Entry:
    """`native` is its file, once attached; `rest` is until when none is looked for."""

    key: str
    table: Table
    asked: int = 0
    used: float = 0.0
    touched: float = 0.0
    rest: float = 0.0
    native: Native | None = None


class NativeTables:
    """Safe to use from several threads. `close` ends the thread and what it builds."""

    def __init__(self, engine: Engine, folder: Folder) -> None:
        self._engine, self._folder = engine, folder
        self._entries: Lru[str, _Entry] = Lru(KNOWN)
        self._attached: dict[str, _Entry] = {}
        self._lock = threading.Lock()
        self._wanted: queue.SimpleQueue[_Entry | None] = queue.SimpleQueue()
        self._waiting: deque[_Entry] = deque()
        self._building: tuple[_Entry, subprocess.Popen[bytes]] | None = None
        self._thread = threading.Thread(target=self._run, name="native", daemon=True)
        if folder.limit:
            self._thread.start()

    def answer(self, table: Table, work: Callable[[Table], T]) -> T:
        """What `work` makes of the snapshot's rows, wherever they are read."""
        native = self._native(table) if self._folder.limit else None
        if native is None:
            return work(table)
        try:
            return work(native)
        except (Expired, Exhausted):
            raise
        except (EngineError, duckdb.Error) as error:
            answer = work(table)
            self._discard(native, error)
            return answer

    def state(self) -> dict[str, int]:
        building = int(self._building is not None)
        return {"attached": len(self._attached), "building": building}

    def close(self) -> None:
        if not self._folder.limit:
            return
        self._wanted.put(None)
        self._thread.join()

    def sweep(self, tables: Iterable[Table]) -> None:
        """Remove what no longer serves; `tables` are those of the current snapshots."""
        if not self._folder.limit:
            return
        try:
            with self._folder.locked(wait=False) as mine:
                if mine:
                    self._folder.sweep(_key(table) for table in tables)
        except OSError as error:
            log.warning("native cache cannot be kept", extra={"why": str(error)})

    def _native(self, table: Table) -> Table | None:
        key, now = _key(table), time.monotonic()
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                self._entries.put(key, entry := _Entry(key, table))
            entry.asked += 1
            entry.used = now
            if entry.native:
                return replace(table, native=entry.native)
            if now >= entry.rest or entry.asked == HOT:
                entry.rest = now + LOOK_SECONDS
                self._wanted.put(entry)
            return None

    def _discard(self, table: Table, why: Exception) -> None:
        """Its file gave no answer where Parquet did."""
        with self._lock:
            entry = self._attached.pop(_key(table), None)
            if entry is None:
                return
            native, entry.native, entry.asked = entry.native, None, 0
        log.warning("native file discarded", extra={"key": entry.key, "why": str(why)})
        self._remove(entry)
        self._detach(native)

    def _remove(self, entry: _Entry) -> None:
        """A file that is no good; where that cannot be done, it is not looked at for a while."""
        try:
            self._folder.file(entry.key).unlink(missing_ok=True)
        except OSError as error:
            entry.asked, entry.rest = HOT, time.monotonic() + AGAIN_SECONDS
            log.warning("native cache cannot be kept", extra={"why": str(error)})

    def _detach(self, native: Native | None) -> None:
        if native:
            with suppress(duckdb.Error):
                self._engine.execute(native.detach())

    def _run(self) -> None:
        while True:
            entry = None
            with suppress(queue.Empty):
                entry = self._wanted.get(timeout=TICK_SECONDS)
                if entry is None:
                    break
            try:
                self._step(entry)
            except OSError as error:
                log.warning("native cache cannot be kept", extra={"why": str(error)})
        if self._building:
            child = self._building[1]
            child.terminate()
            child.wait()

    def _step(self, entry: _Entry | None) -> None:
        if entry and entry.native is None:
            if self._folder.file(entry.key).exists():
                self._attach(entry)
            elif entry.asked >= HOT and not self._is_coming(entry):
                self._waiting.append(entry)
        if self._building and self._building[1].poll() is not None:
            entry, child = self._building
            self._building = None
            self._built(entry, child)
        if self._waiting and self._building is None:
            entry = self._waiting.popleft()
            self._building = entry, self._build(entry.key, entry.table)
        now = time.monotonic()
        for attached in list(self._attached.values()):
            self._keep(attached, now)

    def _is_coming(self, entry: _Entry) -> bool:
        building = self._building is not None and self._building[0] is entry
        return building or entry in self._waiting

    def _attach(self, entry: _Entry) -> None:
        if entry.native:
            return  # it was found before its builder was seen to have ended
        file, native = self._folder.file(entry.key), Native(entry.key)
        try:
            self._engine.execute(native.attach(str(file)))
            ((rows, positions),) = self._engine.execute(native.count())
            if column := entry.table.marked:
                marks = Marks.of(column, self._engine.execute(native.marked()))
                native = replace(native, marks=marks)
            sound = rows == entry.table.rows == (positions or 0)
        except duckdb.Error as error:
            log.warning("native file cannot be read", extra={"key": entry.key, "why": str(error)})
            sound = False
        if not sound:
            self._detach(native)
            entry.asked = 0
            self._remove(entry)
            return
        with self._lock:
            entry.native = native
            self._attached[entry.key] = entry

    def _build(self, key: str, table: Table) -> subprocess.Popen[bytes]:
        index = parquet(table.index_file, NUMBERED) if table.index_file else None
        statements = create(table.source(), index, table.marked, table.rows)
        words = [str(self._folder.path), str(self._folder.limit), key, *statements]
        module = [sys.executable, "-m", "dphub_serving.cache.build"]
        return subprocess.Popen([*module, *words], stdin=subprocess.DEVNULL)

    def _built(self, entry: _Entry, child: subprocess.Popen[bytes]) -> None:
        if child.returncode == 0:
            log.info("native file built", extra={"key": entry.key, "rows": entry.table.rows})
            self._attach(entry)
            return
        too_big = child.returncode == TOO_BIG
        why = "it is too big" if too_big else f"exit {child.returncode}"
        log.warning("native file not built", extra={"key": entry.key, "why": why})
        entry.rest = time.monotonic() + (TOO_BIG_SECONDS if too_big else AGAIN_SECONDS)

    def _keep(self, entry: _Entry, now: float) -> None:
        """Say that it is used; let it go where it is not, or where its file was taken away."""
        file = self._folder.file(entry.key)
        if file.exists() and now - entry.used < IDLE_SECONDS:
            if entry.used - entry.touched > TOUCH_SECONDS:
                entry.touched = entry.used
                with suppress(FileNotFoundError):
                    os.utime(file)
            return
        with self._lock:
            native, entry.native = entry.native, None
            self._attached.pop(entry.key, None)
        self._detach(native)


def _key(table: Table) -> str:
    """A snapshot that changes no rows has the files of the one before, and shares theirs."""
    return Path(table.rows_file).stem
