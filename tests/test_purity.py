"""What import contracts cannot show: the pure rooms hold no I/O, clock, logger, randomness or coroutine.

Mapping and planning can be called with literal values, and give the same answer each time, only as long as this holds
(docs/architecture.md). Which room may import which other is `import-linter`'s business.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PURE_ROOMS = [
    room for room in ("albc/model", "albc/mapping", "albc/deploy/fields", "albc/deploy/plan") if (ROOT / room).is_dir()
]

FORBIDDEN_MODULES = {
    "does I/O": {
        *(
            "aiobotocore",
            "aiohttp",
            "boto3",
            "botocore",
            "httpx",
            "kr8s",
            "requests",
            "http",
            "socket",
            "ssl",
            "urllib3",
        ),
        *("io", "os", "pathlib", "shutil", "subprocess", "sys", "tempfile"),
    },
    "is concurrent": {"anyio", "asyncio", "concurrent", "multiprocessing", "queue", "sniffio", "threading", "trio"},
    "reads a clock": {"sched", "time"},
    "writes logs or telemetry": {"logging", "opentelemetry", "rich", "structlog", "warnings"},
    "is random": {"random", "secrets", "uuid"},
    "imports what this check cannot see": {"importlib"},
}
FORBIDDEN_CALLS = {"open", "print", "input", "exec", "eval", "__import__"}
CLOCKS = {"now", "utcnow", "today"}
"""Methods of `datetime` and `date`."""


def violations(source: str) -> Iterator[tuple[int, str]]:
    """Line and plain words for everything in a module's text that a pure room may not hold."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                for alias in names:
                    yield from _imported(node.lineno, alias.name)
            case ast.ImportFrom(module=str(module), level=0):
                yield from _imported(node.lineno, module)
            case ast.AsyncFunctionDef(name=name):
                yield node.lineno, f"async def {name}"
            case ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                yield node.lineno, "await, async for or async with"
            case ast.comprehension(is_async=1):
                yield node.target.lineno, "async comprehension"
            case ast.Global(names=names):
                yield node.lineno, f"global {', '.join(names)}: a value that changes"
            case ast.Call(func=ast.Name(id=name)) if name in FORBIDDEN_CALLS:
                yield node.lineno, f"{name}()"
            case ast.Call(func=ast.Attribute(attr=name, value=ast.Name(id="datetime" | "date"))) if name in CLOCKS:
                yield node.lineno, f"{name}() reads a clock"
            case ast.Call(func=ast.Attribute(attr=name, value=ast.Attribute(attr="datetime" | "date"))) if (
                name in CLOCKS
            ):
                yield node.lineno, f"{name}() reads a clock"


def _imported(line: int, module: str) -> Iterator[tuple[int, str]]:
    top = module.partition(".")[0]
    for why, modules in FORBIDDEN_MODULES.items():
        if top in modules:
            yield line, f"import of {module}, which {why}"


def violations_in(folder: Path) -> list[str]:
    """`FILE:LINE: what`, in the order of files and lines."""
    return [
        f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path.name}:{line}: {what}"
        for path in sorted(folder.rglob("*.py"))
        for line, what in sorted(violations(path.read_text(encoding="utf-8")))
    ]


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_a_pure_room_does_nothing_but_compute(room: str) -> None:
    found = violations_in(ROOT / room)

    assert not found, f"{room} must stay pure:\n" + "\n".join(found)


def test_model_and_mapping_are_among_the_rooms_that_are_checked() -> None:
    assert {"albc/model", "albc/mapping"} <= set(PURE_ROOMS)
    assert all(list((ROOT / room).rglob("*.py")) for room in PURE_ROOMS)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("import asyncio", "import of asyncio, which is concurrent"),
        ("import os.path as path", "import of os.path, which does I/O"),
        ("from botocore.config import Config", "import of botocore.config, which does I/O"),
        ("from time import monotonic", "import of time, which reads a clock"),
        ("import json, random", "import of random, which is random"),
        ("from logging import getLogger", "import of logging, which writes logs or telemetry"),
        ("if True:\n    import structlog", "import of structlog, which writes logs or telemetry"),
        ("async def reconcile(): pass", "async def reconcile"),
        ("class A:\n    async def b(self): pass", "async def b"),
        ("x = datetime.now(tz=UTC)", "now() reads a clock"),
        ("x = datetime.datetime.utcnow()", "utcnow() reads a clock"),
        ("x = datetime.date.today()", "today() reads a clock"),
        ("def f():\n    global seen", "global seen: a value that changes"),
        ("print('here')", "print()"),
        ("x = open('file').read()", "open()"),
    ],
)
def test_a_planted_violation_is_caught_with_file_and_line(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "rule.py").write_text(f'"""A rule."""\n\n{line}\n')
    expected_line = 3 + line.count("\n")

    assert violations_in(tmp_path) == [f"rule.py:{expected_line}: {told}"]


def test_coroutines_are_caught_where_they_wait() -> None:
    body = "async def f(g):\n    await g()\n    async with g(): pass\n    return [x async for x in g()]\n"

    assert [line for line, _ in sorted(violations(body))] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "line",
    [
        "import json",
        "from datetime import timedelta",
        "from albc.mapping import go",
        "x = rule.now()",
        "x = 'import os'",
    ],
)
def test_what_computes_is_left_alone(line: str) -> None:
    assert not list(violations(line))
