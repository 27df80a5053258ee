"""Runs the benchmarks, keeps their results, and says what has changed since the last ones that were kept.

    python -m benchmarks [NAME…] [--keep]

Results are in `benchmarks/results/NAME.json`. What a run finds replaces them with `--keep`, or where there are none
yet; figures that have moved by more than a fifth are listed in any case. One machine's results say little about another
one's: `machine` in each file says where it was made.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULTS = HERE / "results"
MOVED = 0.2
"""Share of a figure by which it may differ without being listed."""


def names() -> list[str]:
    """The modules that can write their results."""
    modules = [file for file in HERE.glob("*.py") if not file.stem.startswith("__")]
    return sorted(module.stem for module in modules if '"--json"' in module.read_text(encoding="utf-8"))


def figures(results: Any, place: str = "") -> Iterator[tuple[str, float]]:
    """Every number in the results, and where it stands: rows are told apart by their place."""
    match results:
        case bool() | None | str():
            return
        case int() | float():
            yield place, float(results)
        case Mapping():
            for name, value in results.items():
                if name != "machine":
                    yield from figures(value, f"{place} / {name}" if place else str(name))
        case list():
            for number, value in enumerate(results):
                yield from figures(value, f"{place}[{number}]")


def moved(before: Any, after: Any) -> Iterator[tuple[str, float, float]]:
    """What has moved, where it stands, from and to."""
    old = dict(figures(before))
    for place, value in figures(after):
        if place in old and abs(value - old[place]) > MOVED * abs(old[place]):
            yield place, old[place], value


def run(name: str, *, keep: bool) -> bool:
    """False if the benchmark failed."""
    kept = RESULTS / f"{name}.json"
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "results.json"
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", f"benchmarks.{name}", "--json", found], check=False).returncode:
            print(f"{name} failed", file=sys.stderr)
            return False
        text = found.read_text(encoding="utf-8")
    if kept.exists():
        changes = list(moved(json.loads(kept.read_text(encoding="utf-8")), json.loads(text)))
        print(f"\n{len(changes)} figures have moved by more than {MOVED:.0%} since {kept.relative_to(HERE.parent)}")
        for place, old, new in changes:
            print(f"  {place}: {old:,g} -> {new:,g}" + (f" ({new / old - 1:+.0%})" if old else ""))
    if keep or not kept.exists():
        RESULTS.mkdir(exist_ok=True)
        kept.write_text(text, encoding="utf-8")
    return True


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(names())}; all of them if none is given"
    )
    parser.add_argument("--keep", action="store_true", help="let these results be the ones to compare with")
    options = parser.parse_args()
    if unknown := set(options.names) - set(names()):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names())}")
    done = [run(name, keep=options.keep) for name in options.names or names()]
    sys.exit(0 if all(done) else 1)


if __name__ == "__main__":
    main()
