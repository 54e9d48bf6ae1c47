"""How many cases of users' input the tests try, and how many of them failed."""

from __future__ import annotations

import functools
import re
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch

from ddpm.files import write_json
from ddpm.records import how
from scripts.workshop.records import RESULTS, ROOT

KINDS: dict[str, tuple[str, ...]] = {
    "calls of the commands": ("commands", "quick", "scripts", "colour_commands"),
    "numbers out of range": ("finite",),
    "damaged and crafted weights, checkpoints and records": ("loading", "checkpoints"),
    "odd and damaged pictures": ("images",),
    "pictures of one digit, as people have them": ("ink",),
    "files and folders": ("outputs", "files"),
    "trainings and their data": ("train", "training", "data"),
    "devices": ("devices", "processes"),
    "calls of the library": ("arguments", "any_size"),
}
"""By what is tried: the modules of tests that try it, `tests/test_NAME.py`."""

ENDED = "kills, and two programs at once"
"""These tests are in several modules and known by their names."""

OF_THOSE = re.compile("kill|second_(program|run|training)")

FIRST = {
    "calls of the commands": (45, 2),
    "numbers out of range": (23, 22),
    "damaged and crafted weights, checkpoints and records": (131, 40),
    "odd and damaged pictures": (67 + 2095, 7 + 15),
    "pictures of one digit, as people have them": (31, 11),
    "files and folders": (81, 17),
    "trainings and their data": (61, 20),
    "devices": (11, 9),
    "calls of the library": (203, 42),
    ENDED: (178 + 4, 0 + 2),
}
"""What a tester from outside reported of the first release: how many tries, how many failed."""


class Counts:
    """A plugin of pytest that counts tries: each case, and each example that hypothesis makes.

    Attributes:
        tried, failed: by the kind of a test.
    """

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Lets the tests that hypothesis calls count their calls."""
        for item in items:
            test = getattr(getattr(item, "obj", None), "hypothesis", None)
            if test is not None:
                test.inner_test = self.counted(test.inner_test, kind(item.nodeid))

    def counted(self, test: Any, of: str) -> Any:
        """The same test, which counts its calls."""

        @functools.wraps(test)
        def call(*inputs: Any, **named: Any) -> Any:
            self.tried[of] += 1
            return test(*inputs, **named)

        return call

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Counts a test that has run, or that could not be set up."""
        of = kind(report.nodeid)
        self.tried[of] += report.when == "call"
        self.failed[of] += report.failed


def kind(test: str) -> str:
    """What a test tries, by its id, such as "tests/test_files.py::test_a_full_disk"."""
    module, _, name = test.partition("::")
    if OF_THOSE.search(name.partition("[")[0]):
        return ENDED
    modules = {f"test_{short}.py": of for of, all_ in KINDS.items() for short in all_}
    return modules.get(Path(module).name, "others")


def trials() -> None:
    """Runs the tests of what people bring, and writes down how many tries there were."""
    counts, started = Counts(), time.perf_counter()
    files = [f"{ROOT / 'tests' / f'test_{name}.py'}" for names in KINDS.values() for name in names]
    pytest.main(["-q", "-p", "no:cacheprovider", *files], plugins=[counts])
    rows: dict[str, dict[str, Any]] = {}
    for of in [*KINDS, ENDED]:
        tried, failed = FIRST[of]
        first = {"tried": tried, "failed": failed}
        rows[of] = {"first": first, "tried": counts.tried[of], "failed": counts.failed[of]}
    total = {
        "tried": counts.tried.total(),
        "failed": counts.failed.total(),
        "first": {
            "tried": sum(tried for tried, _ in FIRST.values()),
            "failed": sum(failed for _, failed in FIRST.values()),
        },
    }
    record = how(torch.device("cpu"), None, time.perf_counter() - started)
    write_json(RESULTS / "trials.json", {"rows": rows, "total": total, "how": record})
