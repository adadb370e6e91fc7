import pytest

from dphub_serving.odata import negotiation
from dphub_serving.odata.errors import BadRequest, NotAcceptable
from dphub_serving.odata.negotiation import Version

EXCEL = (
    "application/json;odata.metadata=minimal;q=1.0,application/json;odata=minimalmetadata;q=0.9,"
    "application/atomsvc+xml;q=0.8,application/atom+xml;q=0.8,application/xml;q=0.7,text/plain;q=0.7"
)
UI5 = "application/json;odata.metadata=minimal;IEEE754Compatible=true"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
AXIOS = "application/json, text/plain, */*"


@pytest.mark.parametrize(
    ("header", "version"),
    [
        (None, "4.0"),
        ("4.0", "4.0"),
        ("4.01", "4.01"),
        ("4.1", "4.01"),
        ("5.0", "4.01"),
        (" 4.0;NetFx", "4.0"),
    ],
)
def test_the_greatest_version_allowed(header: str | None, version: str) -> None:
    assert negotiation.version(header) == version


@pytest.mark.parametrize("header", ["3.0", "2", "four", "", "4", "4.0x", "-4.0"])
def test_versions_that_cannot_be(header: str) -> None:
    with pytest.raises(BadRequest):
        negotiation.version(header)


MINIMAL = "application/json;odata.metadata=minimal"


@pytest.mark.parametrize(
    ("accept", "option", "content_type"),
    [
        (None, None, MINIMAL),
        ("", None, MINIMAL),
        ("*/*", None, MINIMAL),
        ("application/*", None, MINIMAL),
        ("application/json", None, MINIMAL),
        ("APPLICATION/JSON;ODATA.METADATA=MINIMAL", None, MINIMAL),
        (EXCEL, None, MINIMAL),
        (UI5, None, f"{MINIMAL};IEEE754Compatible=true"),
        (BROWSER, None, MINIMAL),
        ("application/json;metadata=none", None, "application/json;odata.metadata=none"),
        ("application/json;odata.metadata=some, application/json;q=0.5", None, MINIMAL),
        ("application/json;odata.metadata=Full", None, "application/json;odata.metadata=full"),
        ("application/json;streaming=true", None, f"{MINIMAL};odata.streaming=true"),
        ("application/json;q=0.1,application/json;odata.metadata=none;q=0.9", None, "application/json;odata.metadata=none"),  # noqa: E501
        ('application/json;x="a,b;q=1";q=0.5, */*;q=0.1', None, MINIMAL),
        ("application/json;charset=UTF-8", None, f"{MINIMAL};charset=utf-8"),
        ("application/json;odata.streaming=false;ExponentialDecimals=true", None, MINIMAL),
        ("text/html", "json", MINIMAL),
        ("text/html", "JSON", MINIMAL),
        (None, "application/json;odata.metadata=none", "application/json;odata.metadata=none"),
    ],
)  # fmt: skip
def test_data_is_json(accept: str | None, option: str | None, content_type: str) -> None:
    assert negotiation.data_format(accept, option, "4.0").content_type == content_type


@pytest.mark.parametrize(
    ("accept", "option"),
    [
        ("text/html", None),
        ("application/xml", None),
        ("application/json;q=0", None),
        ("application/json;q=0, */*", None),
        ("application/json;odata.metadata=some", None),
        ("application/json;odata.metadata=most", None),
        ("application/json;streaming=perhaps", None),
        ("application/json;foo=bar", None),
        ("application/json;odata=verbose", None),
        ("application/json;charset=latin-1", None),
        ("application/json;q=high", None),
        (",;,", None),
        ("*/*", "atom"),
        ("*/*", "xml"),
        ("*/*", "json;odata.metadata=none"),
        ("*/*", ""),
    ],
)
def test_what_is_not_written_here_is_406(accept: str | None, option: str | None) -> None:
    with pytest.raises(NotAcceptable):
        negotiation.data_format(accept, option, "4.0")


def test_4_01_drops_the_prefix() -> None:
    form = negotiation.data_format(UI5, None, "4.01")
    assert form.content_type == "application/json;metadata=minimal;IEEE754Compatible=true"
    assert form.control("nextLink") == "@nextLink"
    assert negotiation.data_format(None, None, "4.0").control("count") == "@odata.count"


@pytest.mark.parametrize(
    ("accept", "option", "version", "media"),
    [
        (None, None, "4.0", "xml"),
        (None, None, "4.01", "xml"),
        ("*/*", None, "4.01", "xml"),
        (EXCEL, None, "4.0", "xml"),
        (BROWSER, None, "4.0", "xml"),
        (AXIOS, None, "4.0", "xml"),
        (AXIOS, None, "4.01", "json"),
        ("application/json", None, "4.0", "json"),
        ("application/json;q=0.5,application/xml", None, "4.01", "xml"),
        ("application/json;foo=bar,application/xml;q=0.5", None, "4.01", "xml"),
        ("application/xml;foo=bar,application/json;q=0.5", None, "4.0", "json"),
        ("application/xml;q=0,*/*", None, "4.0", "json"),
        ("application/json;q=0,application/json;metadata=full", None, "4.0", "json"),
        ("application/xml", "json", "4.0", "json"),
        ("application/json", "xml", "4.01", "xml"),
        ("application/json", "application/xml", "4.0", "xml"),
    ],
)
def test_metadata_is_xml_unless_json_is_asked(
    accept: str | None, option: str | None, version: Version, media: str
) -> None:
    form = negotiation.metadata_format(accept, option, version)
    assert form.media == f"application/{media}"


def test_xml_says_no_metadata_level() -> None:
    assert negotiation.metadata_format(None, None, "4.0").content_type == "application/xml"


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/xml;foo=bar",
        "application/xml;charset=latin-1",
        "application/xml;q=0",
    ],
)
def test_metadata_in_no_known_format(accept: str) -> None:
    with pytest.raises(NotAcceptable):
        negotiation.metadata_format(accept, None, "4.0")
