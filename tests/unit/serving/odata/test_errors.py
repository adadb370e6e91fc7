import pytest

from dphub_serving.odata import errors
from dphub_serving.odata.errors import ODataError


def test_the_body_is_the_error_object_of_the_standard() -> None:
    error = errors.UnknownProperty("Dya", of="Outage", known=["day", "id"], target="$orderby", at=3)
    assert error.body() == {
        "error": {
            "code": "UnknownProperty",
            "message": "Outage has no property 'Dya'; did you mean 'day'? (at position 3)",
            "target": "$orderby",
        }
    }


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (errors.BadToken("it is damaged"), 400, {}),
        (errors.NotFound("no"), 404, {}),
        (errors.MethodNotAllowed("POST"), 405, {"Allow": "GET, HEAD, OPTIONS"}),
        (errors.NotAcceptable("no"), 406, {}),
        (errors.Gone("no"), 410, {}),
        (errors.PreconditionFailed("no"), 412, {}),
        (errors.NotImplementedByService("$filter"), 501, {}),
        (errors.Unavailable("not yet", retry_after=7), 503, {"Retry-After": "7"}),
        (errors.DeadlineExceeded("late"), 504, {}),
    ],
)
def test_every_kind_knows_its_status(
    error: ODataError, status: int, headers: dict[str, str]
) -> None:
    assert (error.status, error.headers()) == (status, headers)
    assert error.code
    assert error.body()["error"]["message"]


def test_an_unknown_option_suggests_the_nearest() -> None:
    assert "did you mean '$orderby'?" in str(errors.UnknownOption("$ordrby", ["$orderby", "$top"]))


def test_long_texts_are_not_echoed_whole() -> None:
    assert len(errors.echo("x" * 10_000)) < 100


def test_the_docstring_draws_the_whole_tree() -> None:
    def names(kind: type[ODataError]) -> set[str]:
        return {kind.__name__}.union(*map(names, kind.__subclasses__()))

    assert all(name in (errors.__doc__ or "") for name in names(ODataError))
