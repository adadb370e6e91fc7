"""What admission says of a document that it refuses."""

from typing import Any

import pytest

from dphub_k8s.admission import admit
from dphub_k8s.api.errors import Problem, Refused


def problems(document: object, **around: Any) -> tuple[Problem, ...]:
    """`around` as `admit` takes it."""
    with pytest.raises(Refused) as caught:
        admit(document, **around)
    return caught.value.problems


def is_refused(document: object, path: str, reason: str, message: str, **around: Any) -> None:
    """For one problem: at this place, and with these words in its message."""
    (problem,) = problems(document, **around)
    assert (problem.path, problem.reason) == (path, reason)
    assert message in problem.message
