"""Whatever texts a CSV file holds: what is drafted is built, and no value becomes another."""

import csv
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from dphub_assets.infer import command
from dphub_k8s import documents
from dphub_k8s.admission import admit
from dphub_k8s.settings import Settings
from tests import build_products
from tests.build_products import examples

NUMBERS = st.from_regex(r"-?[0-9]{1,25}(\.[0-9]{0,12})?([eE][+-]?[0-9]{1,3})?", fullmatch=True)
DATES = st.from_regex(r"[0-9]{4}-[0-2][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-5][0-9])?", fullmatch=True)
WORDS = st.sampled_from(["true", "False", "1", "0", "007", "", "null", "NaN", "inf", "-0", "1_000"])
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=5)
# A column is of one kind, mostly, as columns are.
COLUMNS = st.one_of(
    *[st.lists(kind | WORDS, min_size=3, max_size=3) for kind in (NUMBERS, DATES, TEXTS)],
    *[st.lists(kind, min_size=3, max_size=3) for kind in (NUMBERS, DATES)],
)


@examples
@given(st.dictionaries(TEXTS, COLUMNS, min_size=1, max_size=4))
def test_what_is_drafted_is_built_and_keeps_its_values(found: dict[str, list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        with (root / "a.csv").open("w", newline="") as file:
            writer = csv.writer(file, quoting=csv.QUOTE_ALL)
            writer.writerow([f"c{name}" for name in found])
            writer.writerows(zip(*found.values(), strict=True))
        settings = Settings.read({"DPHUB_HOME": f"{root}/home", "DPHUB_DATA_ROOT": folder})
        text = command.infer([str(root / "a.csv")], None, settings)
        (written,) = documents.parse(text, "-")
        product = admit(written.document)
        made = build_products.builder(root)
        rows = build_products.stored(made, build_products.build(made, product))
        stored = [column.name for column in product.spec.entity.physical]
        columns = [column for column in product.spec.entity.columns if not column.generated]
        assert len(columns) == len(found)
        for column, texts in zip(columns, found.values(), strict=True):
            place = stored.index(column.name)
            got = sorted((row[place] for row in rows), key=str)
            if column.type == "string":
                assert got == sorted(texts)
            elif column.type == "long":
                assert sorted(str(v or "") if v != 0 else "0" for v in got) == sorted(texts)
            elif column.type == "double":
                assert sorted(v for v in got if v is not None) == sorted(
                    float(t) for t in texts if t
                )
            assert sum(v is None for v in got) == (
                texts.count("") if column.type != "string" else 0
            )
