"""Functions: the canonical ones by their table, `cast`, `isof` and `case` by what they say."""

import re
from decimal import Decimal

from dphub_serving.odata import ast, bound, numbers, operators, values
from dphub_serving.odata.binding.base import named, start
from dphub_serving.odata.binding.paths import Paths
from dphub_serving.odata.bound import BOOLEAN, MOMENT, NULL, STRING, Constant, Expression, Type
from dphub_serving.odata.errors import UnknownFunction, echo
from dphub_serving.odata.functions import COLLECTION, FUNCTIONS, MISSING, NUMBER, WHOLE
from dphub_serving.odata.numbers import is_integer, is_number

_OF_MOMENTS = frozenset(
    {
        *("year", "month", "day", "hour", "minute", "second", "fractionalseconds", "date", "time"),
        "totaloffsetminutes",
    }
)
_PRIMITIVE = frozenset(
    {
        *("Boolean", "SByte", "Byte", "Int16", "Int32", "Int64", "Decimal", "Single", "Double"),
        *("String", "Guid", "Date", "DateTimeOffset", "TimeOfDay", "Duration", "Binary"),
    }
)
# What a text says has to be read row by row; of these nobody has written the reader.
_UNREAD = frozenset({"Edm.Duration", "Edm.Binary"})
# ECMAScript has them, and engines that promise linear time have not.
_BEYOND_RE2 = re.compile(r"\(\?(?:[=!]|<[=!])|\\[1-9]|\\k<")


class Calls(Paths):
    def call(self, tree: ast.Call) -> Expression:
        name = tree.name.lower()
        if name in MISSING or "." in name:
            raise self.missing(f"the function {echo(tree.name)}", tree.at)
        signature = FUNCTIONS.get(name)
        if signature is None:
            raise UnknownFunction(tree.name, FUNCTIONS, target=self.scope.target, at=tree.at)
        if COLLECTION in signature.takes:
            return self.of_collections(name, tree)
        given = tuple(
            self.argument(name, each, allowed)
            for each, allowed in zip(tree.arguments, signature.takes, strict=False)
        )
        gives = signature.gives or numbers.rounded_type(given[0].type)
        if any(operators.is_null(each) for each in given):
            return Constant(None, gives)
        if name == "now":
            return bound.Now()
        if name == "matchespattern":
            self.check_pattern(given[1], tree.arguments[1])
        if name == "substring" and len(given) > 2:
            self.check_length(given[2], tree.arguments[2])
        return bound.Function(name, given, gives)

    def argument(self, name: str, tree: ast.Expr, allowed: frozenset[str]) -> Expression:
        found = self.bind(tree)
        if operators.is_null(found):
            return found if found.type != NULL else Constant(None, bound.INTEGER)
        if found.type.item:
            raise self.missing(f"{name} of a collection", start(tree))
        if allowed == WHOLE:
            return self.whole(found, tree)
        meant = self.meant(tree)
        if allowed == NUMBER:
            fits = is_number(found.type)
        else:
            fits = found.type.edm in allowed
            if not fits and isinstance(meant, ast.Literal) and meant.kind == "string":
                found, fits = self.read_as(meant, sorted(allowed)), True
        if not fits:
            wanted = " or ".join(sorted(allowed))
            raise self.error(f"{name} takes {wanted}, not {named(found.type)}", start(tree))
        if name in _OF_MOMENTS and found.type == MOMENT and isinstance(meant, ast.Literal):
            self.check_offset(name, meant.text, start(tree))
        return found

    def read_as(self, tree: ast.Literal, kinds: list[str]) -> Constant:
        for kind in kinds[:-1]:
            try:
                return Constant(values.from_literal(tree, kind), Type(kind))
            except values.Unfit:
                continue
        return self.read(tree, Type(kinds[-1]))

    def whole(self, found: Expression, tree: ast.Expr) -> Expression:
        if isinstance(found, Constant) and isinstance(found.value, Decimal):
            if found.type.scale == 0 and is_number(found.type):
                return found
        elif is_integer(found.type):
            return found
        raise self.error(f"expected a whole number, found {named(found.type)}", start(tree))

    def check_offset(self, name: str, moment: str, at: int) -> None:
        """A moment keeps no offset here, so its parts are those of UTC."""
        if not moment.upper().endswith(("Z", "+00:00", "-00:00", " 00:00")):
            raise self.error(f"{name} of a literal needs the offset Z", at)

    def check_pattern(self, found: Expression, tree: ast.Expr) -> None:
        if isinstance(found, Constant) and _BEYOND_RE2.search(str(found.value)):
            raise self.missing("a pattern that looks around or back", tree.at)

    def check_length(self, found: Expression, tree: ast.Expr) -> None:
        if isinstance(found, Constant) and isinstance(found.value, Decimal) and found.value < 0:
            raise self.error("a length is not negative", start(tree))

    # collections

    def of_collections(self, name: str, tree: ast.Call) -> Expression:
        one, other = tree.arguments
        left, right = self.bind(one), self.bind(other)
        left = self.adapted(one, left, right.type)
        right = self.adapted(other, right, left.type)
        if operators.is_null(left) or operators.is_null(right):
            return Constant(None, BOOLEAN)
        common = operators.unified((left.type, right.type))
        if common is None or common.item is None:
            both = f"{named(left.type)} and {named(right.type)}"
            raise self.error(f"{name} takes two collections of one type, not {both}", tree.at)
        return bound.Function(name, (bound.Cast(left, common), bound.Cast(right, common)), BOOLEAN)

    # types and branches

    def type_call(self, tree: ast.TypeCall) -> Expression:
        own = tree.type.name == self.scope.entity_type.qualified_name
        if tree.type.collection:
            raise self.missing(f"{tree.function} with a collection", tree.at)
        named_row = isinstance(tree.operand, ast.Path) and tree.operand.names == ("$it",)
        if tree.operand is None or (named_row and not self.scope.expanded):
            if tree.function == "isof" and own:
                return Constant(True, BOOLEAN)
            raise self.missing(f"{tree.function} of the whole entity", tree.at)
        return self.converted(tree) if tree.function == "cast" else self.is_of(tree)

    def primitive(self, tree: ast.TypeName) -> Type:
        prefix, _, name = tree.name.partition(".")
        if prefix == "Edm" and name in _PRIMITIVE:
            return numbers.of_name(tree.name)
        if prefix == "Edm" and name.startswith(("Geo", "Stream", "Untyped", "Primitive")):
            raise self.missing(f"the type {echo(tree.name)}", tree.at)
        raise self.error(f"there is no type {echo(tree.name)} to compare with", tree.at)

    def converted(self, tree: ast.TypeCall) -> Expression:
        """What cannot be cast is null (URL Conventions 4.01, section 5.1.1.12.1)."""
        assert tree.operand is not None
        found, kind = self.bind(tree.operand), self.primitive(tree.type)
        was = found.type
        if operators.is_null(found) or was.is_nested:
            return Constant(None, kind)
        if was.edm == kind.edm or (kind.edm == "Edm.Decimal" and numbers.is_exact(was)):
            scaled = was if was.edm == kind.edm else Type(kind.edm, was.digits)
            return bound.Cast(found, scaled)
        if kind == STRING or (is_number(was) and is_number(kind)):
            return bound.Cast(found, kind)
        if was != STRING:
            return Constant(None, kind)
        if kind.edm in _UNREAD:
            raise self.missing(f"a cast from Edm.String to {kind.edm}", tree.at)
        return bound.Cast(found, kind)

    def is_of(self, tree: ast.TypeCall) -> Expression:
        assert tree.operand is not None
        found, kind = self.bind(tree.operand), self.primitive(tree.type)
        if operators.is_null(found) or found.type.edm != kind.edm:
            return Constant(False, BOOLEAN)
        return bound.Comparison("ne", found, Constant(None, found.type), found.type)

    def case(self, tree: ast.Case) -> Expression:
        branches = [(self.condition(test), self.bind(value)) for test, value in tree.branches]
        kind = operators.unified(value.type for _, value in branches)
        if kind is None or kind.is_nested:
            raise self.error("the values of case are of one primitive type", tree.at)
        return Constant(None, NULL) if kind == NULL else bound.Case(tuple(branches), kind)
