"""A key for what cannot be hashed and never changes: it is equal to itself alone."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Same(Generic[T]):
    __slots__ = ("thing",)

    def __init__(self, thing: T) -> None:
        self.thing = thing

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.thing is self.thing

    def __hash__(self) -> int:
        return id(self.thing)
