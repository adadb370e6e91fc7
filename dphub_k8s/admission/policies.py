"""How a product is served and when it is built: pages, columns that may be asked for, schedules."""

from collections.abc import Iterator
from datetime import UTC, datetime

from dphub_k8s.admission.draft import Context, Draft, at
from dphub_k8s.api.errors import Problem, unknown
from dphub_k8s.api.refresh import next_moment, zone

ODATA = ("spec", "odata")
REFRESH = ("spec", "refresh")


def page_sizes(draft: Draft, _: Context) -> Iterator[Problem]:
    odata = draft.odata
    if odata and odata.default_top > odata.max_top:
        found = f"found {odata.default_top} and {odata.max_top}"
        message = f"default_top is more than max_top; {found}"
        yield Problem(at(*ODATA, "default_top"), "OutOfRange", message)


def allowed_columns(draft: Draft, _: Context) -> Iterator[Problem]:
    """`filterable` and `orderable` name published columns, each once."""
    odata = draft.odata
    if odata is None:
        return
    for field, names in (("filterable", odata.filterable), ("orderable", odata.orderable)):
        for number, name in enumerate(names or ()):
            place = at(*ODATA, field, number)
            if draft.columns_known and name not in draft.named:
                message = unknown(name, "column of the entity", draft.named)
                yield Problem(place, "UnknownColumn", message)
            elif names and name in names[:number]:
                yield Problem(place, "Duplicate", f"{name!r} is there twice")


def catalog(draft: Draft, _: Context) -> Iterator[Problem]:
    found = draft.text("spec", "catalog")
    if found is not None and not (found.strip() and found.isprintable()):
        message = f"{found!r} is no catalog: a text that people can read"
        yield Problem(at("spec", "catalog"), "InvalidName", message)


def refresh(draft: Draft, _: Context) -> Iterator[Problem]:
    found = draft.refresh
    if found is None:
        return
    if found.on_change and found.cron is not None:
        yield Problem(at(*REFRESH), "Ambiguous", "give 'onChange: true' or 'cron', not both")
    elif not found.on_change and found.cron is None:
        yield Problem(at(*REFRESH), "Missing", "'cron' is missing (or 'onChange: true')")
    if found.cron is None and "timezone" in found.model_fields_set:
        message = "a time zone belongs to a 'cron', and there is none"
        yield Problem(at(*REFRESH, "timezone"), "NotUsed", message)
        return
    try:
        there = zone(found.timezone)
    except ValueError as error:
        yield Problem(at(*REFRESH, "timezone"), "UnknownTimeZone", str(error))
        return
    try:
        if found.cron is not None:
            next_moment(found.cron, there, datetime(2024, 1, 1, tzinfo=UTC))
    except ValueError as error:
        yield Problem(at(*REFRESH, "cron"), "InvalidCron", str(error))
