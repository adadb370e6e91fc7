"""`python -m dphub_serving [--workers N]`: the service on its own; settings are in the environment.

Workers are processes that share the port and the files of the cache.
"""

import argparse
import os
import sys

import uvicorn

from dphub_k8s.settings import InvalidSetting
from dphub_serving.settings import ServingSettings


def main() -> int:
    parser = argparse.ArgumentParser("python -m dphub_serving")
    parser.add_argument("--workers", metavar="N", help="processes that answer; DPHUB_WORKERS")
    if workers := parser.parse_args().workers:
        os.environ["DPHUB_WORKERS"] = workers
    try:
        settings = ServingSettings.read()
    except InvalidSetting as error:
        sys.stderr.write(f"{error}\n")
        return 2
    uvicorn.run(
        "dphub_serving.app:app",
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        http="httptools",
        loop="uvloop",
        proxy_headers=False,  # `edge.forwarded` reads them
        access_log=False,
        log_level="info",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
