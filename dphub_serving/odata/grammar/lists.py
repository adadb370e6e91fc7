"""`$orderby` and `$compute`."""

from dphub_serving.odata.ast import ComputeItem, OrderItem
from dphub_serving.odata.grammar.aggregates import Aggregates


class Lists(Aggregates):
    def orderby(self) -> tuple[OrderItem, ...]:
        items = [self.order_item()]
        while self.take(","):
            items.append(self.order_item())
        return tuple(items)

    def order_item(self) -> OrderItem:
        tree = self.expression()
        direction = self.current
        descending = direction.word == "desc"
        if (descending or direction.word == "asc") and direction.spaced:
            self.advance()
        return OrderItem(tree, descending)

    def compute(self) -> tuple[ComputeItem, ...]:
        items = [self.compute_item()]
        while self.take(","):
            items.append(self.compute_item())
        return tuple(items)

    def compute_item(self) -> ComputeItem:
        start = self.current
        tree = self.expression()
        if self.current.word != "as" or not self.current.spaced:
            self.unexpected("'as'")
        self.advance()
        return ComputeItem(tree, self.identifier("a name").text, start.at)
