"""What a benchmark prints: a table for people, or one JSON object a line."""

import argparse
import json
from dataclasses import dataclass

from bench import machine
from bench.data import Sources


@dataclass(frozen=True, slots=True)
class Report:
    """Prints each number as soon as it is known."""

    as_json: bool

    def begin(self, title: str, sources: Sources | None) -> None:
        """First what was measured, then where."""
        facts = machine.facts()
        if self.as_json:
            told = {"data": sources.kind} if sources else {}
            for name, value in {**told, **facts}.items():
                self._object(name, value, "GiB" if name == "machine.memory" else "", None, None)
            return
        print(f"{title}: {sources}" if sources else title)
        shown = [f"{name.removeprefix('machine.')} {value}" for name, value in facts.items()]
        print(" · ".join(shown).replace("memory ", "memory in GiB "))
        print(_row("", "value", "unit", "baseline", "ratio", "wanted"))

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        *,
        baseline: float | None = None,
        ratio: float | None = None,
        wanted: str = "",
    ) -> None:
        """`ratio` is value / baseline unless it was taken in pairs; `wanted` is for people."""
        if baseline and ratio is None:
            ratio = value / baseline
        if self.as_json:
            self._object(name, value, unit, baseline, ratio)
        else:
            print(_row(name, _number(value), unit, _number(baseline), _number(ratio), wanted))

    def say(self, name: str, text: str) -> None:
        """Instead of a number that cannot be had."""
        if self.as_json:
            self._object(name, text, "", None, None)
        else:
            print(f"{name}: {text}")

    def end(self) -> None:
        self.add("machine.load_after", machine.load(), "")

    def _object(
        self,
        name: str,
        value: str | float,
        unit: str,
        baseline: float | None,
        ratio: float | None,
    ) -> None:
        numbers = {"baseline": _rounded(baseline), "ratio": _rounded(ratio)}
        shown = value if isinstance(value, str) else _rounded(value)
        line = {"name": name, "value": shown, "unit": unit, **numbers}
        print(json.dumps(line, ensure_ascii=False), flush=True)


def options(description: str) -> argparse.ArgumentParser:
    """What every benchmark understands."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    return parser


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.4g}") if abs(value) < 10_000 else round(value)


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _row(name: str, value: str, unit: str, baseline: str, ratio: str, wanted: str) -> str:
    return f"{name:<36}{value:>10} {unit:<12}{baseline:>10}{ratio:>8}  {wanted}".rstrip()
