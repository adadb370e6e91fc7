"""What `$filter` asks -> the condition of a WHERE over the rows of a snapshot."""

from dphub_serving.odata.bound import Column
from dphub_serving.odata.query import Filter
from dphub_serving.sql.expression import Compiler
from dphub_serving.sql.fragment import Fragment
from dphub_serving.sql.statement import Statement, name
from dphub_serving.sql.table import Table


def compile_count(table: Table, wanted: Filter) -> Statement:
    found = condition(table, wanted)
    text = f"SELECT count(*) FROM {table.source()} WHERE {found.text}"
    return Statement(text, found.params, scans=True)


def condition(table: Table, wanted: Filter) -> Fragment:
    def column(each: Column) -> Fragment:
        spelled = table.spelled if each.property.name == table.key else None
        return Fragment(f"({spelled.key_sql()})" if spelled else name(each.property.name))

    return Compiler(column, wanted.now).condition(wanted.condition)
