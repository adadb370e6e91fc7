"""Unbound trees -> the text that they are read from, with the fewest liberties: for round trips."""

import json

from dphub_serving.odata import ast, clauses, searches
from dphub_serving.odata import transformations as apply

_PREFIXED = {"duration", "binary", "geography", "geometry"}


def expression(tree: ast.Expr) -> str:
    match tree:
        case ast.Literal():
            return literal(tree)
        case ast.Path(segments):
            return path(segments)
        case ast.Alias(name):
            return f"@{name}"
        case ast.Call(name, given):
            return f"{name}({','.join(map(expression, given))})"
        case ast.TypeCall(function, operand, kind):
            before = "" if operand is None else f"{expression(operand)},"
            return f"{function}({before}{type_name(kind)})"
        case ast.Case(branches):
            inner = (f"{expression(when)} : {expression(then)}" for when, then in branches)
            return f"case({','.join(inner)})"
        case ast.Items(members):
            return f"({','.join(map(literal, members))})"
        case ast.Array(members):
            return f"[{','.join(map(expression, members))}]"
        case ast.Object(members):
            inner = (f"{json.dumps(name)}:{expression(value)}" for name, value in members)
            return f"{{{','.join(inner)}}}"
        case ast.Unary(operator, operand):
            if operator == "-" and isinstance(operand, ast.Literal):
                return f"-({expression(operand)})"
            blank = " " if operator == "not" else ""
            return f"{operator}{blank}{operand_of(operand)}"
        case ast.Binary(operator, left, right):
            return f"{operand_of(left)} {operator} {operand_of(right)}"


def operand_of(tree: ast.Expr) -> str:
    """In parentheses wherever an operator could come between."""
    bare = not isinstance(tree, ast.Unary | ast.Binary)
    return expression(tree) if bare else f"({expression(tree)})"


def literal(tree: ast.Literal) -> str:
    if tree.kind == "string":
        return quoted(tree.text)
    return f"{tree.kind}{quoted(tree.text)}" if tree.kind in _PREFIXED else tree.text


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def type_name(kind: ast.TypeName) -> str:
    return f"Collection({kind.name})" if kind.collection else kind.name


def path(segments: tuple[ast.Segment, ...]) -> str:
    return "/".join(map(segment, segments)).replace("/\0", "")


def segment(tree: ast.Segment) -> str:
    match tree:
        case ast.Name(text):
            return text
        case ast.Alias(name):
            return f"@{name}"
        case ast.Annotation(term, qualifier):
            return f"@{term}" + (f"#{qualifier}" if qualifier else "")
        case ast.Arguments(values):
            # A mark that is taken away again: no slash stands before a parenthesis.
            return f"\0({','.join(map(argument, values))})"
        case ast.Count(condition, found):
            inner = [] if condition is None else [f"$filter={expression(condition)}"]
            inner += [] if found is None else [f"$search={search(found)}"]
            return "$count" + (f"({';'.join(inner)})" if inner else "")
        case ast.Filtered(condition):
            return f"$filter({expression(condition)})"
        case ast.Lambda(quantifier, None, _):
            return f"{quantifier}()"
        case ast.Lambda(quantifier, variable, predicate):
            assert predicate is not None
            return f"{quantifier}({variable}:{expression(predicate)})"
        case ast.Aggregated(item):
            return f"aggregate({aggregate(item)})"
        case ast.Star():
            return "*"


def argument(tree: ast.Argument) -> str:
    value = expression(tree.value)
    return value if tree.name is None else f"{tree.name}={value}"


def search(tree: searches.Search) -> str:
    match tree:
        case searches.Term(text, phrase):
            return f'"{text}"' if phrase else text
        case searches.Excluded(inner):
            return f"NOT {search_operand(inner)}"
        case searches.Combined(operator, terms):
            return f" {operator} ".join(map(search_operand, terms))
        case searches.Incomplete(text):
            return quoted(text)


def search_operand(tree: searches.Search) -> str:
    bare = isinstance(tree, searches.Term | searches.Incomplete)
    return search(tree) if bare else f"({search(tree)})"


# lists and options


def orderby(items: tuple[ast.OrderItem, ...]) -> str:
    return ",".join(
        expression(each.expression) + (" desc" if each.descending else "") for each in items
    )


def compute(items: tuple[ast.ComputeItem, ...]) -> str:
    return ",".join(f"{expression(each.expression)} as {each.name}" for each in items)


def select(items: tuple[clauses.SelectItem, ...]) -> str:
    return ",".join(map(select_item, items))


def select_item(tree: clauses.SelectItem) -> str:
    match tree:
        case clauses.SelectAll():
            return "*"
        case clauses.SelectOperations(namespace):
            return f"{namespace}.*"
        case clauses.SelectPath(way, options, parameters):
            inner = f"({','.join(parameters)})" if parameters else nested(options)
            return path(way.segments) + inner


def expand(items: tuple[clauses.ExpandItem, ...]) -> str:
    return ",".join(map(expand_item, items))


def expand_item(tree: clauses.ExpandItem) -> str:
    behind = "" if tree.of == "entities" else f"/${tree.of}"
    return path(tree.path.segments) + behind + nested(tree.options)


def nested(tree: clauses.Nested | None) -> str:
    if tree is None:
        return ""
    found = [f"@{name}={expression(value)}" for name, value in tree.aliases]
    for name, shown in (
        ("select", tree.select and select(tree.select)),
        ("expand", expand(tree.expand)),
        ("filter", tree.filter and expression(tree.filter)),
        ("orderby", orderby(tree.orderby)),
        ("compute", compute(tree.compute)),
        ("search", tree.search and search(tree.search)),
        ("apply", sequence(tree.apply)),
        ("top", tree.top),
        ("skip", tree.skip),
        ("count", None if tree.count is None else str(tree.count).lower()),
        ("levels", tree.levels),
    ):
        if shown not in (None, ""):
            found.append(f"${name}={shown}")
    return f"({';'.join(found)})"


# $apply


def sequence(steps: apply.Sequence) -> str:
    return "/".join(map(transformation, steps))


def transformation(tree: apply.Transformation) -> str:
    match tree:
        case apply.Identity():
            return "identity"
        case apply.Aggregation(items):
            return f"aggregate({','.join(map(aggregate, items))})"
        case apply.GroupBy(groups, then):
            behind = f",{sequence(then)}" if then else ""
            return f"groupby(({','.join(map(group, groups))}){behind})"
        case apply.FilterBy(condition):
            return f"filter({expression(condition)})"
        case apply.SearchFor(found):
            return f"search({search(found)})"
        case apply.OrderBy(order):
            return f"orderby({orderby(order)})"
        case apply.Compute(computed):
            return f"compute({compute(computed)})"
        case apply.Limit(kind, rows):
            return f"{kind}({rows})"
        case apply.Best(kind, amount, value):
            return f"{kind}({expression(amount)},{expression(value)})"
        case apply.Concat(branches):
            return f"concat({','.join(map(sequence, branches))})"
        case apply.Nest(way, nests):
            inner = [f"{sequence(steps)} as {alias}" for steps, alias in nests]
            head = [] if way is None else [path(way.segments)]
            return f"{'nest' if way is None else 'addnested'}({','.join(head + inner)})"
        case apply.Join(outer, way, alias, then):
            behind = f",{sequence(then)}" if then else ""
            return f"{'outer' if outer else ''}join({path(way.segments)} as {alias}{behind})"
        case apply.Related(kind, tree_, start, others, distance, keep):
            parts = [hierarchy(tree_), sequence(start), sequence(others)]
            parts += ["" if distance is None else str(distance), "keep start" if keep else ""]
            return f"{kind}({','.join(filter(None, parts))})"
        case apply.Traverse(tree_, order_, start, siblings):
            parts = [hierarchy(tree_), order_, sequence(start), orderby(siblings)]
            return f"traverse({','.join(filter(None, parts))})"
        case apply.Custom(name, given):
            return name + segment(given).removeprefix("\0")


def hierarchy(tree: apply.Hierarchy) -> str:
    return f"{path(tree.nodes.segments)},{tree.qualifier},{path(tree.node.segments)}"


def group(tree: apply.Group) -> str:
    match tree:
        case ast.Path(segments):
            return path(segments)
        case apply.Rollup(levels):
            return f"rollup({','.join(path(each.segments) for each in levels)})"
        case apply.RollupRecursive(tree_, nodes):
            return f"rolluprecursive({hierarchy(tree_)}{f',{sequence(nodes)}' if nodes else ''})"


def aggregate(tree: ast.Aggregate) -> str:
    text = expression(tree.value) + (f" with {tree.method}" if tree.method else "")
    for each in tree.sources:
        groups = ",".join(path(way.segments) for way in each.groups)
        text += f" from {groups}" + (f" with {each.method}" if each.method else "")
    return text + (f" as {tree.alias}" if tree.alias else "")
