"""Fragments of context URLs (section 3 of the ABNF): what a service writes, read back.

fragment  = "#$ref" / "#Collection($ref)" / "#" path [ list ] [ "/$entity" / "/$delta" / … ]
path      = name [ key ] *( "/" name [ key ] )
list      = "(" [ item *( "," item ) ] ")"
item      = "*" / namespace ".*" / path [ "+" ] [ list ]
"""

import re

from dphub_serving.odata.errors import InvalidSyntax

_NAME = re.compile(r"@?[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?:#[A-Za-z_]\w*)?")
_WILDCARD = re.compile(r"\*|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\.\*")
_KEY_VALUE = r"(?:'(?:[^']|'')*'|[\w:.+-]+)"
_KEY = re.compile(
    rf"\((?:{_KEY_VALUE}|[A-Za-z_]\w*={_KEY_VALUE}(?:,[A-Za-z_]\w*={_KEY_VALUE})*)\)(?=/)"
)
_WHOLE = {"#$ref", "#Collection($ref)"}
_END = re.compile(r"/\$(?:entity|delta|deletedEntity|link|deletedLink)\Z")
_COLLECTION = re.compile(r"#Collection\([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\)(?=[(]|\Z)")


def read(text: str) -> str:
    if text not in _WHOLE:
        _Reader(text).fragment()
    return text


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def fragment(self) -> None:
        if not self.skip(_COLLECTION):
            self.expect("#")
            self.path()
        if self.comes("("):
            self.list()
        self.skip(_END)
        if self.at < len(self.text):
            raise self.wrong()

    def path(self) -> None:
        self.name()
        while self.comes("/") and not self.comes("/$"):
            self.expect("/")
            self.name()

    def name(self) -> None:
        if not self.skip(_NAME):
            raise self.wrong()
        self.skip(_KEY)

    def list(self) -> None:
        self.expect("(")
        if not self.comes(")"):
            self.item()
            while self.comes(","):
                self.expect(",")
                self.item()
        self.expect(")")

    def item(self) -> None:
        if self.skip(_WILDCARD):
            return
        self.path()
        if self.comes("+"):
            self.expect("+")
        if self.comes("("):
            self.list()

    def comes(self, mark: str) -> bool:
        return self.text.startswith(mark, self.at)

    def expect(self, mark: str) -> None:
        if not self.comes(mark):
            raise self.wrong()
        self.at += len(mark)

    def skip(self, pattern: re.Pattern[str]) -> bool:
        match = pattern.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match is not None

    def wrong(self) -> InvalidSyntax:
        return InvalidSyntax("this is no fragment of a context URL", at=self.at)
