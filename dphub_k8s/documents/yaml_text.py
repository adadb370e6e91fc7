"""YAML, read from the parser's events, with a place for what is wrong with it."""

from collections.abc import Hashable, Iterable
from typing import Any, NoReturn

import yaml

from dphub_k8s.documents.written import Written, refuse

DEEPEST = 50
MOST_VALUES = 100_000

_TAG = "tag:yaml.org,2002:"
_NAMES = {_TAG + "str", _TAG + "bool"}
_VALUES = {_TAG + kind for kind in ("str", "bool", "int", "float", "null")}
_NUMBERS = {_TAG + "int", _TAG + "float"}
_MERGE = _TAG + "merge"


def parse(text: str, file: str) -> tuple[Written, ...]:
    try:
        return tuple(_Reading(text, file).documents())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{file}:{mark.line + 1}:{mark.column + 1}" if mark else f"{file}:1:1"
        refuse(place, "NotYaml", f"not YAML: {error.problem or error.context}")
    except yaml.reader.ReaderError as error:
        before = text.encode()[: error.position].decode(errors="ignore").split("\n")
        place = f"{file}:{len(before)}:{len(before[-1]) + 1}"
        refuse(place, "NotYaml", f"not YAML: {error.reason}")


class _Loader(yaml.CSafeLoader):
    yaml_implicit_resolvers = {  # noqa: RUF012 (PyYAML declares it so)
        first: [row for row in rows if row[0] in _VALUES or row[0] == _MERGE]
        for first, rows in yaml.CSafeLoader.yaml_implicit_resolvers.items()
    }


class _Reading:
    """One pass over the parser's events; composing would recurse in C until the stack ends."""

    def __init__(self, text: str, file: str) -> None:
        self.loader = _Loader(text)
        self.file = file
        self.end = len(text.splitlines()) + 1
        self.values = 0
        self.anchors: dict[str, tuple[Any, int]] = {}

    def documents(self) -> Iterable[Written]:
        self.loader.get_event()
        while not self.loader.check_event(yaml.StreamEndEvent):
            begin: Any = self.loader.get_event()
            self.anchors.clear()
            event = self.loader.get_event()
            document = self._value(event, 1)
            self.loader.get_event()
            if document is None:
                continue
            if not isinstance(document, dict):
                self._fail(event, "NotADocument", "a document is a mapping of fields")
            after = self.loader.peek_event()
            end = self.end if isinstance(after, yaml.StreamEndEvent) else _line(after)
            yield Written(document, self.file, _line(begin), end, begin.explicit)

    def _value(self, event: Any, depth: int) -> Any:
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        before = self.values
        self._count(event, 1)
        if depth > DEEPEST:
            self._fail(event, "TooDeep", f"nested more than {DEEPEST} levels deep")
        if isinstance(event, yaml.MappingStartEvent):
            value: Any = self._mapping(depth)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(depth)
        else:
            value = self._scalar(event)
        if event.anchor:
            self.anchors[event.anchor] = (value, self.values - before)
        return value

    def _alias(self, event: Any) -> Any:
        if event.anchor not in self.anchors:
            self._fail(event, "NotYaml", f"not YAML: there is no anchor {event.anchor!r} before it")
        value, size = self.anchors[event.anchor]
        self._count(event, size)
        return value

    def _count(self, event: Any, more: int) -> None:
        self.values += more
        if self.values > MOST_VALUES:
            self._fail(event, "TooLarge", f"more than {MOST_VALUES:,} values with its aliases")

    def _mapping(self, depth: int) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        while not isinstance(event := self.loader.get_event(), yaml.MappingEndEvent):
            name = self._name(event)
            value = self._value(self.loader.get_event(), depth + 1)
            if name is None:
                merged |= self._merge(event, value)
            elif name in fields:
                self._fail(event, "Duplicate", f"the field {name!r} is written twice")
            else:
                fields[name] = value
        return {**merged, **fields}

    def _name(self, event: Any) -> str | None:
        """The text of a name as it is written, or None for the merge key `<<`."""
        tag = self._tag(event) if isinstance(event, yaml.ScalarEvent) else ""
        if tag == _MERGE:
            return None
        if tag not in _NAMES:
            found = repr(event.value) if tag else "a structure"
            self._fail(event, "NotAName", f"a field's name is a text; put {found} in quotes")
        return str(event.value)

    def _merge(self, event: Any, value: Any) -> dict[str, Any]:
        parts = value if isinstance(value, list) else [value]
        if not all(isinstance(part, dict) for part in parts):
            self._fail(event, "NotYaml", "not YAML: '<<' takes a mapping or a list of mappings")
        return {name: field for part in reversed(parts) for name, field in part.items()}

    def _sequence(self, depth: int) -> list[Any]:
        items = []
        while not isinstance(event := self.loader.get_event(), yaml.SequenceEndEvent):
            items.append(self._value(event, depth + 1))
        return items

    def _scalar(self, event: Any) -> Any:
        tag = self._tag(event)
        if tag == _TAG + "str":
            return event.value
        if tag not in _VALUES:
            self._fail(event, "NotAValue", f"{tag!r} is no type of JSON; put the value in quotes")
        try:
            value: Hashable = self.loader.construct_object(yaml.ScalarNode(tag, event.value))
        except ValueError:
            value = float("nan")
        if isinstance(value, float) and value - value != 0:
            self._fail(event, "NotAValue", f"{event.value[:40]!r} is no number of JSON")
        return value

    def _tag(self, event: Any) -> str:
        if event.tag and event.tag != "!":
            return str(event.tag)
        resolve: Any = self.loader.resolve
        tag = str(resolve(yaml.ScalarNode, event.value, event.implicit))
        # YAML 1.1 reads 12:30 as 750, and kubectl does not.
        return _TAG + "str" if tag in _NUMBERS and ":" in event.value else tag

    def _fail(self, event: Any, reason: str, message: str) -> NoReturn:
        mark = event.start_mark
        refuse(f"{self.file}:{mark.line + 1}:{mark.column + 1}", reason, message)


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1
