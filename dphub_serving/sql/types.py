"""DuckDB's names of the types that expressions have. Times of day are texts, durations
microseconds."""

from dphub_serving.odata.bound import NULL, WIDE, Type
from dphub_serving.sql.statement import name

_SQL = {
    "Edm.Boolean": "BOOLEAN",
    "Edm.SByte": "TINYINT",
    "Edm.Byte": "SMALLINT",
    "Edm.Int16": "SMALLINT",
    "Edm.Int32": "INTEGER",
    "Edm.Int64": "BIGINT",
    WIDE: "HUGEINT",
    "Edm.Single": "FLOAT",
    "Edm.Double": "DOUBLE",
    "Edm.String": "VARCHAR",
    "Edm.Guid": "VARCHAR",
    "Edm.Date": "DATE",
    "Edm.DateTimeOffset": "TIMESTAMPTZ",
    "Edm.TimeOfDay": "VARCHAR",
    "Edm.Duration": "BIGINT",
    "Edm.Binary": "BLOB",
    # Of an array without members; any would do.
    NULL.edm: "INTEGER",
}


def sql_type(kind: Type) -> str:
    if kind.item:
        return f"{sql_type(kind.item)}[]"
    if kind.fields:
        fields = ", ".join(f"{name(field)} {sql_type(each)}" for field, each in kind.fields)
        return f"STRUCT({fields})"
    if kind.edm == "Edm.Decimal":
        return f"DECIMAL({kind.digits},{kind.scale})"
    return _SQL[kind.edm]
