"""`python -m dphub_assets …`: the programs that need Dagster or DuckDB, started by `dphub`.

validate FILE...      what the sources' schemas show to be wrong, one JSON object a line
infer FILE...         a first product over files, as YAML
materialize FILE...   build and publish without Dagster
reconcile             status and objects alone, without Dagster
daemon, webserver     Dagster's own, with faster loops
location              Dagster's code server, for many products
warm                  forks run workers, everything loaded
instance              creates the databases of the Dagster instance
"""

import sys
from collections.abc import Callable

from dphub_k8s.settings import InvalidSetting
from dphub_k8s.stores.base import StoreError


def program(name: str) -> Callable[[list[str]], int] | None:
    """Each loads only what it needs: Dagster is a second of imports, and so is the build."""
    match name:
        case "validate" | "materialize":
            from dphub_assets import direct

            return {"validate": direct.validate, "materialize": direct.materialize}[name]
        case "infer":
            from dphub_assets.infer import command

            return command.main
        case "reconcile":
            from dphub_assets import settle

            return settle.main
        case "daemon" | "webserver":
            from dphub_assets.host import fast

            return {"daemon": fast.daemon, "webserver": fast.webserver}[name]
        case "location":
            from dphub_assets.host import location

            return location.main
        case "instance":
            from dphub_assets.host import fast

            return fast.instance
        case "warm":
            from dphub_assets.launcher import forks

            return forks.main
        case _:
            return None


def main(arguments: list[str]) -> int:
    chosen = program(arguments[0]) if arguments else None
    if chosen is None:
        names = (
            "validate, infer, materialize, reconcile, daemon, webserver, location, warm, instance"
        )
        print(f"usage: python -m dphub_assets PROGRAM …, one of {names}", file=sys.stderr)
        return 2
    try:
        return chosen(arguments[1:])
    except (InvalidSetting, StoreError) as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
