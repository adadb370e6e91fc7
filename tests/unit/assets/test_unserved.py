"""Navigation among what the store declares: told as long as its target is missing."""

from dphub_assets.decide.declared import Declarations
from dphub_k8s.stores.memory import MemoryStore
from tests.factories import product
from tests.refusals import navigating


def test_what_leads_nowhere_is_told_until_the_target_is_declared() -> None:
    store = MemoryStore()
    store.create(navigating(target="others"))
    declarations = Declarations(store, None)
    (told,) = declarations.read()["orders"].unserved
    assert told.startswith("navigation 'others' is not served: 'others' is no product")
    store.create(product("others"))
    found = declarations.read()["orders"]
    assert found.unserved == ()
    store.create(product("more"))
    assert declarations.read()["orders"] is found
