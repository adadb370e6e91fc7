"""`python -m dphub_serving`: the service on its own, with settings from the environment."""

import sys

import uvicorn

from dphub_k8s.settings import InvalidSetting
from dphub_serving.settings import ServingSettings


def main() -> int:
    try:
        settings = ServingSettings.read()
    except InvalidSetting as error:
        sys.stderr.write(f"{error}\n")
        return 2
    uvicorn.run(
        "dphub_serving.app:app",
        host=settings.host,
        port=settings.port,
        http="httptools",
        loop="uvloop",
        proxy_headers=True,
        forwarded_allow_ips=settings.trusted_proxies,
        access_log=False,
        log_level="info",
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
