"""Answers that were made before, and the engine that makes those that were not."""

import logging
from collections.abc import Callable
from functools import partial

from dphub_serving.odata.errors import DeadlineExceeded, Incomputable, Unavailable
from dphub_serving.routes.exchange import Exchange
from dphub_serving.routes.hub import Hub
from dphub_serving.rows.engine import Session
from dphub_serving.rows.errors import Abandoned, Busy, Exhausted, Expired, FileMissing, Impossible
from dphub_serving.rows.flights import Gone
from dphub_serving.sql.table import Table

log = logging.getLogger("dphub.serving")


async def kept(
    hub: Hub,
    exchange: Exchange,
    tag: str,
    work: Callable[[Session], bytes],
    *,
    scans: bool = False,
) -> bytes:
    """The answer that is kept under the tag, which names every snapshot that it is read from, or
    one that is made now. Links in it begin with the base."""
    key = (tag, exchange.base)
    body = hub.answers.get(key)
    if body is None:
        run = partial(_run, hub, work, scans=scans)
        # A small question is answered before anybody else asks it.
        gone = exchange.gone
        try:
            body = await (hub.flights.run(key, run, gone) if scans else run(gone))
        except Abandoned as error:
            raise Unavailable("the client has left") from error
        hub.answers.put(key, body)
    return body


def reading(
    hub: Hub, table: Table, answer: Callable[[Session, Table], bytes]
) -> Callable[[Session], bytes]:
    """The work of an answer that begins with one table."""
    return lambda session: hub.native.answer(table, partial(answer, session))


async def _run(
    hub: Hub, work: Callable[[Session], bytes], gone: Gone | None, *, scans: bool
) -> bytes:
    try:
        return await hub.engine.run(work, scans=scans, gone=gone)
    except Busy as error:
        raise Unavailable("too many wait already", retry_after=error.seconds) from error
    except Expired as error:
        seconds = hub.settings.query_seconds
        raise DeadlineExceeded(f"the answer took longer than {seconds:g} seconds") from error
    except Impossible as error:
        raise Incomputable(
            "for some row there is a division by zero or a number too large, or a pattern is none"
        ) from error
    except FileMissing as error:
        log.warning("snapshot cannot be read", extra={"why": str(error.__cause__)})
        raise Unavailable("the rows cannot be read now") from error
    except Exhausted as error:
        raise Unavailable("the answer needs more memory than there is") from error
