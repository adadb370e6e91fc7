"""The rules of the ABNF, each with what reads it in the service. Their case does not matter.

What reads values of payloads and headers takes them as they are.
"""

from collections.abc import Mapping

from dphub_serving.odata import parser
from dphub_serving.odata.ast import Alias, Literal, Path, TypeCall
from dphub_serving.odata.grammar import geo, literals
from dphub_serving.odata.grammar.selection import Parser
from tests.conformance.abnf import contexts, headers
from tests.conformance.abnf.reading import (
    Read,
    decoded,
    expression,
    expressions,
    geo_literal,
    lambda_call,
    literal,
    one_of,
    part,
    refuse,
    shaped,
    token,
    unary,
    whole,
)
from tests.conformance.abnf.urls import (
    custom_option,
    option,
    query_options,
    relative_uri,
    resource_path,
    searched,
    uri,
)

SHAPES = ("Collection", "LineString", "MultiLineString", "MultiPoint", "MultiPolygon", "Point",
          "Polygon")  # fmt: skip
INTEGERS = {
    "sbyte": (-(2**7), 2**7 - 1),
    "int16": (-(2**15), 2**15 - 1),
    "int32": (-(2**31), 2**31 - 1),
    "int64": (-(2**63), 2**63 - 1),
}
DATE, TIME, MOMENT = token("date"), token("time"), token("datetime")
NUMBER = one_of(token("number"), shaped("NaN|INF"))
BOOLEAN, GUID = shaped("true|false"), token("guid")
DURATION, BINARY, ENUM = map(shaped, (literals.DURATION, literals.BINARY, literals.ENUM))


def geo_value(text: str) -> object:
    if not geo.is_literal(text):
        raise refuse()
    return text


RULES: Mapping[str, Read] = {
    key.lower(): read
    for key, read in {
        # URLs
        "odataUri": uri,
        "odataRelativeUri": relative_uri,
        "resourcePath": resource_path,
        "queryOptions": query_options,
        "queryOption": option(),
        "systemQueryOption": option(),
        "customQueryOption": custom_option,
        **{
            name: option(name)
            for name in (
                *("filter", "select", "expand", "orderby", "compute", "search", "apply"),
                *("top", "skip", "index", "format", "skiptoken", "deltatoken", "schemaversion"),
                "id",
            )
        },
        "inlinecount": option("count"),
        "aliasAndValue": option(),
        # expressions
        "commonExpr": decoded(expression),
        "boolCommonExpr": decoded(expression),
        "collectionExpr": decoded(expression),
        "aggregatableExpr": decoded(expression),
        "arrayOrObject": decoded(expression),
        "firstMemberExpr": expressions(Path),
        "memberExpr": expressions(Path),
        "rootExpr": expressions(Path),
        "currCollectionExpr": expressions(Path),
        "isofExpr": expressions(TypeCall),
        "castExpr": expressions(TypeCall),
        "notExpr": decoded(unary),
        "negateExpr": decoded(unary),
        "anyExpr": lambda_call("any"),
        "allExpr": lambda_call("all"),
        "functionParameter": part(Parser.argument),
        "searchExpr": searched,
        "searchExpr-incomplete": searched,
        "applyExpr": decoded(parser.apply),
        "annotationInQuery": expressions(Path, Alias),
        "keyPredicate": part(Parser.more_arguments),
        "functionParameters": part(Parser.more_arguments),
        "functionExprParameters": part(Parser.more_arguments),
        "functionExprParameter": part(Parser.argument),
        "optionallyQualifiedTypeName": part(Parser.type_name),
        "qualifiedTypeName": part(Parser.type_name),
        "applyTrafo": part(Parser.transformation),
        "odataIdentifier": part(lambda stream: stream.identifier("an identifier")),
        # literals
        "primitiveLiteral": expressions(Literal),
        "null": literal("null"),
        "boolean": literal("boolean"),
        "guid": GUID,
        "date": DATE,
        "stringLiteral": literal("string"),
        "binaryLiteral": literal("binary"),
        "enumLiteral": literal("enum", "string"),
        "durationLiteral": literal("duration", "string"),
        "timeOfDayLiteral": literal("time"),
        "dateTimeOffsetLiteral": literal("datetime"),
        "dateTimeOffsetValueInUrl": literal("datetime"),
        **dict.fromkeys(
            ("decimalLiteral", "doubleLiteral", "singleLiteral"),
            literal("integer", "decimal", "double"),
        ),
        **{f"{name}Literal": decoded(whole(*range_)) for name, range_ in INTEGERS.items()},
        **{
            f"{prefix}{shape}": geo_literal(prefix, shape)
            for prefix in ("geography", "geometry")
            for shape in SHAPES
        },
        # values of payloads
        "booleanValue": BOOLEAN,
        "byte": whole(0, 255),
        "byteValue": whole(0, 255),
        **{f"{name}Value": whole(*range_) for name, range_ in INTEGERS.items()},
        **dict.fromkeys(("decimalValue", "doubleValue", "singleValue"), NUMBER),
        "binaryValue": BINARY,
        "enumValue": ENUM,
        "durationValue": DURATION,
        "timeOfDayValue": TIME,
        "dateTimeOffsetValue": MOMENT,
        "primitiveValue": one_of(
            *(BOOLEAN, GUID, DURATION, MOMENT, DATE, TIME, ENUM, geo_value),
            *(NUMBER, BINARY),
        ),
        # what the service writes
        "context": contexts.read,
        **headers.RULES,
    }.items()
}


def read(rule: str) -> Read | None:
    return RULES.get(rule.lower())
