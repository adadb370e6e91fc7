"""`$compute`: the properties that a request adds, each of which the later ones may be made of."""

import json
from collections.abc import Mapping

from dphub_serving.odata import expressions, trees
from dphub_serving.odata.bound import Computed, Reference
from dphub_serving.odata.edm import EntityType
from dphub_serving.odata.errors import InvalidOption, TooComplex, echo, quoting
from dphub_serving.odata.options import Options

TARGET = "$compute"
# One through the other.
DEEPEST = 10


def computed(options: Options, entity_type: EntityType) -> Mapping[str, Computed]:
    found: dict[str, Computed] = {}
    if not options.compute:
        return found
    # DuckDB knows a column in any case.
    declared = [each.name for each in entity_type.properties]
    declared += [each.name for each in entity_type.navigation]
    taken = set(map(str.casefold, declared))
    with quoting(options.texts.get("compute", "")):
        for item in options.compute:
            if item.name.casefold() in taken:
                message = f"{entity_type.name} has a property {echo(item.name)} already"
                raise InvalidOption(message, target=TARGET, at=item.at)
            names = expressions.Scope(
                entity_type, TARGET, options.aliases, "compute", found, expanded=options.expanded
            )
            value = expressions.returnable(item.expression, names)
            below = [each.computed for each in trees.within(value) if isinstance(each, Reference)]
            level = 1 + max((each.level for each in below), default=0)
            if level > DEEPEST:
                message = f"properties are computed through more than {DEEPEST} others"
                raise TooComplex(message, target=TARGET, at=item.at)
            taken.add(item.name.casefold())
            found[item.name] = Computed(item.name, value, level)
    return found


def asked(options: Options, *names: str) -> str:
    """The texts of these options, with what the aliases in them may stand for."""
    texts = [options.texts.get(each) for each in dict.fromkeys(names)]
    given = sorted((name, each.text) for name, each in options.aliases.items())
    return json.dumps([texts, given])
