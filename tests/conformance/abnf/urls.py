"""URLs, paths and options as texts: split, decoded and read as the service does it."""

import re
from urllib.parse import unquote

from dphub_serving.odata import option_values, options, parser
from dphub_serving.odata.errors import ODataError, UnknownOption
from dphub_serving.odata.grammar import resource
from tests.conformance.abnf import contexts
from tests.conformance.abnf.reading import Read, decoded, placed, refuse


def option(name: str | None = None) -> Read:
    """`name=value`, of this option or of any."""

    def read(text: str) -> object:
        spelled, _, raw = text.partition("=")
        spelled, start = unquote(spelled), len(spelled) + 1
        found = options.system_name(spelled)
        with placed(raw, start):
            options.check_raw(spelled, raw)
            if found is None and spelled.startswith("@"):
                return options.alias(spelled, unquote(raw))
            if found is not None and found == (name or found):
                return option_values.value(found, unquote(raw))
        if name is not None:
            raise refuse()
        return custom_option(text)

    return read


def searched(text: str) -> object:
    options.check_raw("$search", text)
    return decoded(parser.searched)(text)


def query_options(text: str) -> object:
    """Each by itself: the ABNF knows nothing of options that are given twice."""
    found, start = [], 0
    for each in text.split("&"):
        try:
            found.append(option()(each))
        except ODataError as problem:
            problem.at = start + (problem.at or 0)
            raise
        start += len(each) + 1
    return found


def custom_option(text: str) -> object:
    name = unquote(text.partition("=")[0])
    if not name or name[0] in "$@" or "#" in text:
        raise UnknownOption(name, ())
    return text


def resource_path(text: str) -> object:
    segments = resource.split(text)
    try:
        return resource.read([unquote(each) for each in segments])
    except ODataError as problem:
        # The target is the segment in which the place counts.
        number = next(n for n, each in enumerate(segments) if unquote(each) == problem.target)
        problem.at = sum(len(each) + 1 for each in segments[:number]) + (problem.at or 0)
        raise


def relative_uri(text: str) -> object:
    address, hash_, fragment = text.partition("#")
    path, _, query = address.partition("?")
    found = resource_path(path)
    if hash_:
        if path != "$metadata":
            raise refuse(len(address))
        return contexts.read("#" + fragment)
    scope = resource.options_of([unquote(each) for each in resource.split(path)])
    for each in filter(None, query.split("&")):
        name = options.system_name(unquote(each.partition("=")[0]))
        if name is not None and scope is not None and name not in scope:
            raise refuse(text.index(each))
    if query:
        query_options(query)
    if scope is not None and "id" in scope and not re.search(r"[?&]\$?id=", text):
        raise refuse(len(text))
    return found


def uri(text: str) -> object:
    match = re.fullmatch(r"https?://[^/?#]+/(?:[^/?#]+/)*([^#]*)", text, re.IGNORECASE)
    if match is None:
        raise refuse()
    return relative_uri(match[1]) if match[1] else text
