"""Everything that can go wrong between a URL and an answer, as one tree.

    ODataError
    ├── BadRequest 400
    │   ├── InvalidSyntax          the text is not what the grammar allows; `at` names the place
    │   ├── TooComplex             the text is allowed, but deeper or longer than the budgets
    │   ├── UnknownOption          a `$` option that the standard does not know
    │   ├── DuplicateOption        one option, given twice in whatever spelling
    │   ├── InvalidOption          the option is known, its value or its place is not right
    │   ├── UnknownProperty        no such property; says which one was probably meant
    │   ├── UnknownFunction        no such function; says which one was probably meant
    │   ├── InvalidExpression      an operator, function or literal that does not fit its operands
    │   ├── Incomputable           the expression has no value for some row: a division by zero
    │   ├── InvalidKey             a key predicate that does not fit the entity type
    │   └── BadToken               a skip token that this service did not write for this request
    ├── NotFound 404               no such resource, entity, snapshot number or schema version
    ├── MethodNotAllowed 405       a write
    ├── NotAcceptable 406          none of the formats asked for is written here
    ├── Gone 410                   the snapshot that a next link names is no longer kept
    ├── PreconditionFailed 412     If-Match names another state than the current one
    ├── TooLarge 413               more was sent than is read
    ├── UnsupportedMediaType 415   what was sent is of a kind that is not read
    ├── DependencyFailed 424       a part of a batch that this part depends on was refused
    ├── NotImplementedByService 501  standard OData that this service does not do (yet)
    ├── Unavailable 503            no snapshot so far; says when to ask again
    └── DeadlineExceeded 504       the answer took longer than it may

`target` names the text in which `at` counts characters: an option, or a segment of the path.
Only the face turns these into responses, with `status`, `headers()` and `body()`.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, ClassVar

READING = "GET, HEAD, OPTIONS"
POSTING = "POST, OPTIONS"
_LONGEST_ECHO = 60
_AROUND = 20


class ODataError(Exception):
    """`message` is for the person who wrote the request: no SQL, no file names."""

    status: ClassVar[int] = 500
    code: ClassVar[str] = "InternalError"

    def __init__(self, message: str, *, target: str | None = None, at: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.target = target
        self.at = at
        self.near: str | None = None

    def __str__(self) -> str:
        if self.at is None:
            return self.message
        near = f", near {self.near!r}" if self.near else ""
        return f"{self.message} (at position {self.at}{near})"

    def headers(self) -> dict[str, str]:
        return {}

    def body(self) -> dict[str, Any]:
        """The error object of OData JSON Format 4.01, section 21.1."""
        error = {"code": self.code, "message": str(self)}
        if self.target is not None:
            error["target"] = self.target
        return {"error": error}


class BadRequest(ODataError):
    status = 400
    code = "BadRequest"


class InvalidSyntax(BadRequest):
    code = "InvalidSyntax"


class TooComplex(BadRequest):
    code = "TooComplex"


class UnknownOption(BadRequest):
    code = "UnknownOption"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        super().__init__(
            f"{echo(name)} is no system query option{_did_you_mean(name, known)}", target=name
        )


class DuplicateOption(BadRequest):
    code = "DuplicateOption"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is given more than once", target=name)


class InvalidOption(BadRequest):
    code = "InvalidOption"


class UnknownProperty(BadRequest):
    code = "UnknownProperty"

    def __init__(
        self,
        name: str,
        *,
        of: str,
        known: Iterable[str],
        target: str | None = None,
        at: int | None = None,
    ) -> None:
        hint = _did_you_mean(name, known)
        super().__init__(f"{of} has no property {echo(name)}{hint}", target=target, at=at)


class UnknownFunction(BadRequest):
    code = "UnknownFunction"

    def __init__(
        self, name: str, known: Iterable[str], *, target: str | None = None, at: int | None = None
    ) -> None:
        old = name.lower() == "substringof"
        hint = "; it is contains(text,part) now" if old else _did_you_mean(name, known)
        super().__init__(f"there is no function {echo(name)}{hint}", target=target, at=at)


class InvalidExpression(BadRequest):
    code = "InvalidExpression"


class Incomputable(BadRequest):
    code = "Incomputable"


class InvalidKey(BadRequest):
    code = "InvalidKey"


class BadToken(BadRequest):
    code = "BadToken"

    def __init__(self, why: str) -> None:
        super().__init__(f"This skip token cannot be used: {why}", target="$skiptoken")


class NotFound(ODataError):
    status = 404
    code = "NotFound"


class MethodNotAllowed(ODataError):
    status = 405
    code = "MethodNotAllowed"

    def __init__(self, method: str, allowed: str = READING) -> None:
        why = ": data products are read-only" if allowed == READING else f", only {allowed}"
        super().__init__(f"{method} is not possible{why}")
        self.allowed = allowed

    def headers(self) -> dict[str, str]:
        return {"Allow": self.allowed}


class NotAcceptable(ODataError):
    status = 406
    code = "NotAcceptable"


class Gone(ODataError):
    status = 410
    code = "Gone"


class PreconditionFailed(ODataError):
    status = 412
    code = "PreconditionFailed"


class TooLarge(ODataError):
    status = 413
    code = "TooLarge"


class UnsupportedMediaType(ODataError):
    status = 415
    code = "UnsupportedMediaType"


class DependencyFailed(ODataError):
    status = 424
    code = "DependencyFailed"


class NotImplementedByService(ODataError):
    """The standard has it, this service does not: `what` is named as the standard spells it."""

    status = 501
    code = "NotImplemented"

    def __init__(self, what: str, *, target: str | None = None, at: int | None = None) -> None:
        super().__init__(f"{what} is not implemented by this service", target=target, at=at)


class Unavailable(ODataError):
    status = 503
    code = "Unavailable"

    def __init__(self, message: str, *, retry_after: int = 5) -> None:
        super().__init__(message)
        self.retry_after = retry_after

    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}


class DeadlineExceeded(ODataError):
    status = 504
    code = "DeadlineExceeded"


class quoting:  # noqa: N801 - read as a verb; half the cost of a generator
    """Errors that name a place in the text show what stands around it."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, problem: BaseException | None, __: object) -> None:
        if isinstance(problem, ODataError) and problem.at is not None and problem.near is None:
            problem.near = self.text[max(problem.at - _AROUND, 0) : problem.at + _AROUND]


def echo(text: str) -> str:
    """A piece of the request, quoted and short enough for a message."""
    shown = text if len(text) <= _LONGEST_ECHO else text[:_LONGEST_ECHO] + "…"
    return repr(shown)


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    by_folded = {other.casefold(): other for other in known}
    near = get_close_matches(name.casefold(), by_folded, n=1)
    return f"; did you mean {by_folded[near[0]]!r}?" if near else ""
