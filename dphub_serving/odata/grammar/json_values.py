"""JSON in expressions: arrays and objects, whose members may be expressions again."""

from dphub_serving.odata.ast import Array, Expr, Object
from dphub_serving.odata.grammar import literals
from dphub_serving.odata.grammar.calls import Calls


class JsonValues(Calls):
    def array(self) -> Array:
        start = self.advance()
        members: list[Expr] = []
        if not self.take("]"):
            members.append(self.json_value())
            while self.take(","):
                members.append(self.json_value())
            self.expect("]")
        return Array(tuple(members), start.at)

    def object(self) -> Object:
        start = self.advance()
        members: list[tuple[str, Expr]] = []
        if not self.take("}"):
            members.append(self.member())
            while self.take(","):
                members.append(self.member())
            self.expect("}")
        return Object(tuple(members), start.at)

    def member(self) -> tuple[str, Expr]:
        if self.current.kind != "json":
            self.unexpected("a name in double quotes")
        name = literals.json_string(self.advance()).text
        self.expect(":")
        return name, self.json_value()

    def json_value(self) -> Expr:
        if self.current.kind == "json":
            return literals.json_string(self.advance())
        self.deeper()
        found = self.expression()
        self.depth -= 1
        return found
