"""The programs beside the service, over the rows that it serves."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from bench.load import HOST, Unexpected
from bench.peers import install, server
from bench.peers.server import Server
from bench.peers.spelled import DATASETTE, OURS, ROAPI
from bench.peers.tables import DATABASE, to_sqlite
from bench.products import PRODUCTS
from bench.report import Report
from bench.server import Server as Loaded
from tests.integration import serving_process

ANY = f"{HOST}:0"


@contextmanager
def ours(home: Path) -> Iterator[Server]:
    """It answers from native files."""
    with serving_process.running(home) as service:
        server.limit(service.pid)
        loaded = Loaded(service, 0)
        loaded.warm(*PRODUCTS)
        yield Server(OURS, service.pid, loaded.port)


def others(
    out: Report, stack: ExitStack, files: Mapping[str, Path], scratch: Path
) -> Iterator[Server]:
    """Those that can be had, and that come up within the limit."""
    try:
        programs = install.programs()
    except install.Missing as problem:
        out.say("peers", str(problem))
        return
    to_sqlite(files, scratch / DATABASE)
    tables = [word for name, file in files.items() for word in ("-t", f"{name}={file}")]
    listen = ["-a", f"{HOST}:{{port}}", "-p", ANY, "--addr-flight-sql", ANY]
    long = ["--setting", "sql_time_limit_ms", "60000"]
    for name, options in (
        (ROAPI, [*listen, *tables]),
        (DATASETTE, ["serve", "-i", DATABASE, "-h", HOST, "-p", "{port}", *long]),
    ):
        command = [str(programs / name), *options]
        try:
            yield stack.enter_context(server.running(name, command, scratch / f"{name}.log"))
        except Unexpected as problem:
            out.say(f"peers.{name}", str(problem))
