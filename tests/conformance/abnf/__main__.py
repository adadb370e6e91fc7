"""Runs the standard's grammar cases and prints how many hold, and each one that does not.

[DPHUB_ABNF_CASES=file] python -m tests.conformance.abnf
"""

import sys

from tests.conformance.abnf import cases, runner


def main() -> int:
    if not cases.FILE.exists():
        print(f"no cases: {cases.FILE} does not exist (set DPHUB_ABNF_CASES)")
        return 2
    outcomes = [runner.run(each) for each in cases.read()]
    for line in runner.report(outcomes):
        print(line)
    return 0 if all(each.fine for each in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
