"""The assets that a process needs definitions of; none named means all.

A run worker executes a few assets: of the others, which may be thousands, it makes nothing. What
its assets depend on is there all the same, as keys without a definition.
"""

import os
from collections.abc import Collection, Mapping

import dagster as dg

VARIABLE = "DPHUB_ONLY_ASSETS"


def text(keys: Collection[dg.AssetKey] | None) -> str:
    """Parts of keys hold neither spaces nor slashes."""
    return " ".join(sorted(key.to_user_string() for key in keys or ()))


def read(env: Mapping[str, str] = os.environ) -> frozenset[str] | None:
    return frozenset(env.get(VARIABLE, "").split()) or None
