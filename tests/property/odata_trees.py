"""Random unbound trees, each of which some text of the grammar says."""

from typing import Any, cast

from hypothesis import strategies as st

from dphub_serving.odata import ast, clauses, searches
from dphub_serving.odata import transformations as apply

Drawn = st.SearchStrategy[Any]

NAMES = st.sampled_from(["a", "Name", "größe", "_x", "eq", "from", "हिन्दी"])
TYPES = st.sampled_from(["Ns.Type", "Edm.String", "A.B.C"])
TERMS = st.sampled_from(["Core.Description", "Measures.Unit", "Currency"])
LITERALS = st.sampled_from(
    [
        *[("null", "null"), ("boolean", "true"), ("integer", "5"), ("integer", "-7")],
        *[("decimal", "1.50"), ("double", "1e-3"), ("double", "-INF"), ("double", "NaN")],
        *[("string", "it's"), ("string", ""), ("string", "a/b;c&(d)#é👍"), ("string", '"')],
        *[("guid", "01234567-89ab-cdef-0123-456789abcdef"), ("date", "-0044-03-15")],
        *[("datetime", "2024-01-01T00:00:00.5Z"), ("time", "11:22"), ("duration", "-P1DT2.5S")],
        *[("binary", "Zm9v"), ("enum", "Ns.Color'Red,-1'")],
        *[("geography", "SRID=0;Point(1 2)"), ("geometry", "SRID=1;MultiPoint()")],
    ]
).map(lambda found: ast.Literal(cast("ast.LiteralKind", found[0]), found[1], 0))
_NO_KEYS = {"null", "binary", "geography", "geometry"}
ALIASES = NAMES.map(lambda name: ast.Alias(name, 0))


def several(drawn: Drawn, least: int = 1, most: int = 3) -> Drawn:
    return st.lists(drawn, min_size=least, max_size=most).map(tuple)


def maybe(drawn: Drawn) -> Drawn:
    return st.none() | drawn


# paths


def name(text: str) -> ast.Name:
    return ast.Name(text, 0)


PROPERTY = st.lists(NAMES, min_size=1, max_size=3).map(
    lambda each: ast.Path(tuple(map(name, each)))
)
ANNOTATIONS = st.builds(ast.Annotation, TERMS, maybe(st.just("Q")), st.just(0))


def searched() -> Drawn:
    words = st.sampled_from(["blue", "9,81", "$x", "o'neil", "a:b", "größe"])
    operators = st.sampled_from(["AND", "OR"])
    phrases = st.sampled_from(["blue green", "a;b", "("])
    terms = st.builds(searches.Term, words, st.just(False), st.just(0))
    terms |= st.builds(searches.Term, phrases, st.just(True), st.just(0))
    composed = st.recursive(
        terms,
        lambda inner: (
            st.builds(searches.Excluded, inner, st.just(0))
            | st.builds(searches.Combined, operators, several(inner, 2), st.just(0))
        ),
        max_leaves=5,
    )
    typed = st.sampled_from(["", "a' b", '"('])
    return composed | st.builds(searches.Incomplete, typed, st.just(0))


def arguments(inner: Drawn) -> Drawn:
    literals = LITERALS.filter(lambda each: each.kind not in _NO_KEYS)
    key = (literals | ALIASES).map(lambda value: (ast.Argument(None, value),))
    named = several(st.builds(ast.Argument, NAMES, inner))
    return st.builds(ast.Arguments, st.just(()) | key | named, st.just(0))


def paths(inner: Drawn) -> Drawn:
    at = st.just(0)
    named = (NAMES | TYPES).map(lambda text: (name(text),))
    called = st.tuples((NAMES | TYPES).map(name), arguments(inner))
    filtered = st.builds(ast.Filtered, inner, at).map(lambda each: (each,))
    middle = named | called | filtered | ANNOTATIONS.map(lambda each: (each,))
    quantified = st.builds(ast.Lambda, st.sampled_from(["any", "all"]), NAMES, inner, at)
    last = (
        quantified
        | st.just(ast.Lambda("any", None, None, 0))
        | st.builds(ast.Count, maybe(inner), maybe(searched()), at)
        | st.builds(ast.Aggregated, aggregates(inner, named=False), at)
    )
    roots = st.sampled_from(["$it", "$this"]).map(lambda text: (name(text),))
    dotted = ANNOTATIONS.filter(lambda each: "." in each.term or each.qualifier)
    first = named | called | roots | dotted.map(lambda each: (each,))
    longer = ALIASES.map(lambda each: (each, name("a"))) | st.just((name("$root"), name("Set")))
    return st.builds(
        lambda head, steps, tail: ast.Path(
            (*head, *(each for step in steps for each in step), *tail)
        ),
        first | longer,
        st.lists(middle, max_size=2),
        last.map(lambda each: (each,)) | st.just(()),
    )


# expressions


def aggregates(inner: Drawn, *, named: bool) -> Drawn:
    methods = st.sampled_from(["sum", "average", "countdistinct", "Custom.concat"])
    sources = st.lists(st.builds(ast.From, several(PROPERTY, most=2), methods), max_size=2)
    counted = st.just(ast.Path((ast.Count(None, None, 0),)))

    def build(value: ast.Expr, method: str | None, found: list[ast.From], alias: str) -> Any:
        return ast.Aggregate(value, method, tuple(found), alias if named else None, 0)

    return (
        st.builds(build, inner.map(uncounted), methods, sources, NAMES)
        | st.builds(build, counted, st.none(), sources, NAMES)
        | st.builds(build, PROPERTY, st.none(), sources, NAMES)
    )


def uncounted(tree: ast.Expr) -> ast.Expr:
    """A count has no method behind it."""
    counts = isinstance(tree, ast.Path) and isinstance(tree.segments[-1], ast.Count)
    return ast.Alias("count", 0) if counts else tree


def larger(inner: Drawn) -> Drawn:
    at = st.just(0)
    operators = st.sampled_from(
        [
            "or",
            "and",
            "eq",
            "ne",
            "gt",
            "ge",
            "lt",
            "le",
            "add",
            "sub",
            "mul",
            "div",
            "divby",
            "mod",
        ]
    )
    values = LITERALS.filter(lambda each: each.kind in {"enum", "string"})
    types = st.builds(ast.TypeName, TYPES | NAMES.filter(str.isascii), st.booleans(), at)
    keys = st.sampled_from(["a", "@odata.id", 'quoted "name"'])
    return st.one_of(
        paths(inner),
        st.builds(ast.Binary, operators, inner, inner, at),
        st.builds(ast.Binary, st.just("has"), inner, values, at),
        st.builds(
            ast.Binary,
            st.just("in"),
            inner,
            st.builds(ast.Items, several(LITERALS, 0), at) | PROPERTY,
            at,
        ),
        st.builds(ast.Unary, st.sampled_from(["not", "-"]), inner, at),
        st.builds(lambda each: ast.Call("length", (each,), 0), inner),
        st.builds(lambda *each: ast.Call("substring", each, 0), inner, inner),
        st.builds(lambda each: ast.Call("geo.length", (each,), 0), inner),
        st.just(ast.Call("now", (), 0)),
        st.builds(ast.TypeCall, st.sampled_from(["cast", "isof"]), maybe(inner), types, at),
        st.builds(ast.Case, several(st.tuples(inner, inner)), at),
        st.builds(ast.Array, several(inner, 0), at),
        st.builds(ast.Object, several(st.tuples(keys, inner), 0), at),
    )


EXPRESSIONS: Drawn = st.recursive(LITERALS | ALIASES | PROPERTY, larger, max_leaves=8)

# lists and options

ORDER = several(st.builds(ast.OrderItem, EXPRESSIONS, st.booleans()))
COMPUTE = several(st.builds(ast.ComputeItem, EXPRESSIONS, NAMES, st.just(0)))
SELECTED = st.lists((NAMES | TYPES).map(name) | ANNOTATIONS, min_size=1, max_size=3).map(
    lambda each: ast.Path(tuple(each))
)


def nested(**more: Drawn) -> Drawn:
    """Options of a collection, and some more; at least one of them."""
    drawn: dict[str, Drawn] = {
        "filter": EXPRESSIONS,
        "search": searched(),
        "orderby": ORDER,
        "top": st.integers(0, 99),
        "skip": st.integers(0, 99),
        "count": st.booleans(),
        **more,
    }
    chosen = st.fixed_dictionaries({}, optional=drawn)
    return chosen.map(lambda each: clauses.Nested(**(each or {"top": 1})))


def selects(inner: Drawn) -> Drawn:
    given = several(st.tuples(NAMES, EXPRESSIONS), most=2).map(
        lambda each: tuple(dict(each).items())
    )
    options = nested(select=several(inner), compute=COMPUTE, aliases=given)
    return st.builds(clauses.SelectPath, SELECTED, options)


SELECT_LEAVES = (
    st.just(clauses.SelectAll(0))
    | st.builds(clauses.SelectOperations, st.sampled_from(["Ns", "A.B"]), st.just(0))
    | st.builds(clauses.SelectPath, SELECTED)
    | st.builds(clauses.SelectPath, PROPERTY, st.none(), several(NAMES))
)
SELECT = several(st.recursive(SELECT_LEAVES, selects, max_leaves=4))


def stars() -> Drawn:
    star = st.just(ast.Path((ast.Star(0),))) | st.just(ast.Path((name("a"), ast.Star(0))))
    levels: Drawn = st.integers(1, 9) | st.just("max")
    options = levels.map(lambda each: clauses.Nested(levels=each))
    return st.builds(clauses.ExpandItem, star, st.just("entities"), maybe(options)) | st.builds(
        clauses.ExpandItem, star, st.just("ref")
    )


def expands(inner: Drawn) -> Drawn:
    options = nested(
        select=SELECT,
        compute=COMPUTE,
        expand=several(inner),
        levels=st.integers(1, 9) | st.just("max"),
        apply=SEQUENCES,
    )
    return st.builds(clauses.ExpandItem, SELECTED, st.just("entities"), options)


# $apply

LIMITS = st.builds(apply.Limit, st.sampled_from(["top", "skip"]), st.integers(0, 99), st.just(0))
HIERARCHIES = st.builds(
    apply.Hierarchy, st.just(ast.Path((name("$root"), name("Set")))), NAMES, PROPERTY
)
PRESERVING: Drawn = st.one_of(
    LIMITS,
    st.just(apply.Identity(0)),
    st.builds(apply.FilterBy, EXPRESSIONS, st.just(0)),
    st.builds(apply.SearchFor, searched(), st.just(0)),
    st.builds(apply.OrderBy, ORDER, st.just(0)),
    st.builds(
        apply.Best, st.sampled_from(["topcount", "bottomsum"]), EXPRESSIONS, EXPRESSIONS, st.just(0)
    ),
)
RELATED: Drawn = st.builds(
    apply.Related,
    st.sampled_from(["ancestors", "descendants"]),
    HIERARCHIES,
    several(PRESERVING, most=2),
    several(PRESERVING, 0, 1),
    maybe(st.integers(0, 9)),
    st.booleans(),
    st.just(0),
)


def transformations(inner: Drawn) -> Drawn:
    at, sequence = st.just(0), several(inner, most=2)
    optional = several(inner, 0, 2)
    groups = st.one_of(
        PROPERTY,
        st.builds(apply.Rollup, several(PROPERTY, 2), at),
        st.builds(apply.RollupRecursive, HIERARCHIES, several(RELATED, 0, 1), at),
    )
    alone = st.builds(ast.Aggregate, PROPERTY, st.none(), st.just(()), st.none(), at)
    given = arguments(EXPRESSIONS)
    return st.one_of(
        PRESERVING,
        RELATED,
        st.builds(apply.Aggregation, several(aggregates(EXPRESSIONS, named=True) | alone), at),
        st.builds(apply.GroupBy, several(groups), optional, at),
        st.builds(apply.Compute, COMPUTE, at),
        st.builds(apply.Concat, several(sequence, 2), at),
        st.builds(apply.Nest, maybe(PROPERTY), several(st.tuples(sequence, NAMES), most=2), at),
        st.builds(
            apply.Join,
            st.booleans(),
            NAMES.map(lambda each: ast.Path((name(each),))),
            NAMES,
            optional,
            at,
        ),
        st.builds(
            apply.Traverse,
            HIERARCHIES,
            st.sampled_from(["preorder", "postorder"]),
            several(PRESERVING, 0, 1),
            ORDER,
            at,
        ),
        st.builds(apply.Custom, TYPES, given, at),
    )


SEQUENCES = several(st.recursive(PRESERVING, transformations, max_leaves=4), most=2)
EXPAND_LEAVES = stars() | st.one_of(
    st.builds(clauses.ExpandItem, SELECTED),
    st.builds(clauses.ExpandItem, SELECTED, st.just("ref"), maybe(nested())),
    st.builds(clauses.ExpandItem, SELECTED, st.just("count")),
)
EXPAND = several(st.recursive(EXPAND_LEAVES, expands, max_leaves=4))
