"""`python -m benchmarks`: runs the scenarios, prints a table and keeps the newest run of each in `benchmarks/results/latest.json`."""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.running import SCENARIOS, run
from benchmarks.scenarios import Result

RESULTS = Path(__file__).parent / "results" / "latest.json"


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("scenario", nargs="*", choices=SCENARIOS, metavar="scenario", help=f"of {', '.join(SCENARIOS)}; all by default")
    parser.add_argument("--plays", type=int, default=2_000_000, help="api takes 2.9 times as many, which gives 5,000,000 daily rows")
    parser.add_argument("--runs", type=int, default=3, help="the figure is the median")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="artist360-bench-") as folder:
        results = list(run(options.scenario or list(SCENARIOS), Path(folder), options.plays, options.runs, _say))
    print("\n".join(_table(results)))
    RESULTS.parent.mkdir(exist_ok=True)
    kept = {result["name"]: result for result in json.loads(RESULTS.read_text())} if RESULTS.exists() else {}
    kept |= {result.name: asdict(result) for result in results}
    RESULTS.write_text(json.dumps(list(kept.values()), indent=1) + "\n")


def _table(results: list[Result]) -> list[str]:
    return [
        f"{result.name:<24}{result.value:>14,.2f} {result.unit:<12}"
        + ("  beside " + ", ".join(f"{name} {value:,.2f}" for name, value in result.beside.items()) if result.beside else "")
        for result in results
    ]


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
