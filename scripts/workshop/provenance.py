"""The code that a figure was drawn by, as a digest: another digest means that it is stale.

The code of a function is its own source and that of everything in this repository that it
reaches: the functions, classes and constants that it names, those that they name, and so on
across modules. It is read from the syntax trees, without importing anything. Comments,
docstrings, annotations and formatting do not count, nor does the module in which a definition
stands, so moving one changes nothing.

A class counts as a whole, and so does a module that is used other than by `module.name`. What is
looked up while the program runs is out of reach: `import_module`, `getattr`, a name in a string,
a file of data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from scripts.workshop.syntax import ALL, LOOSE, Definition, Dotted, Module, Place, read

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ddpm", "scripts")
WORDS = ("caption", "made", "alt", "script", "source")
"""What a record says beside its picture: where only these change, the picture need not."""


class Code:
    """The sources of a repository; each file is read once, when it is first reached.

    Args:
        root: the folder that holds the packages.
        packages: those whose code counts; what comes from elsewhere counts by its name only.
    """

    def __init__(self, root: Path = ROOT, packages: tuple[str, ...] = PACKAGES) -> None:
        self.root, self.packages = root, packages
        self._modules: dict[str, Module | None] = {}
        self._links: dict[Place, dict[str, set[Place]]] = {}

    def digest(self, *places: Place) -> str:
        """The digest of definitions such as ("ddpm.viz", "sheet") and of all that they reach.

        Raises:
            ValueError: there is no such definition.
        """
        for place in places:
            if not self._definition(place):
                raise ValueError(f"there is no '{place[1]}' in the module '{place[0]}'")
        texts = set()
        for place in self.reach(*places):
            links = self._links_of(place)
            means = [f"{n}: {' '.join(sorted(map(self._own, to)))}" for n, to in links.items()]
            texts.add("\n".join([self._own(place), *sorted(means)]))
        return "sha256:" + _sha256("\n\n".join(sorted(texts)))

    def reach(self, *places: Place) -> set[Place]:
        """The definitions of the repository that some of them reach, and they themselves."""
        reached: set[Place] = set()
        waiting = [*places]
        while waiting:
            place = waiting.pop()
            if place not in reached and self._definition(place):
                reached.add(place)
                waiting += [other for others in self._links_of(place).values() for other in others]
        return reached

    def _links_of(self, place: Place) -> dict[str, set[Place]]:
        """What each name that a definition uses stands for, in the repository or elsewhere."""
        if place not in self._links:
            module, definition = place[0], self._definition(place) or Definition()
            links = {".".join(path): self._resolve(module, path) for path in definition.uses}
            for source, name in definition.imports:
                links[f"import {name}"] = self._member(source, (name,))
            if self._definition((module, LOOSE)):
                links[LOOSE] = {(module, LOOSE)}
            self._links[place] = {name: to for name, to in links.items() if to}
        return self._links[place]

    def _own(self, place: Place) -> str:
        """A definition by its text; what is not the repository's by its name."""
        definition = self._definition(place)
        return _sha256(definition.text) if definition else ".".join(place)

    def _definition(self, place: Place) -> Definition | None:
        module = self._module(place[0])
        return module.definitions.get(place[1]) if module else None

    def _module(self, name: str) -> Module | None:
        """A module of the repository; None if it is not one."""
        if name not in self._modules:
            path = self.root.joinpath(*name.split("."))
            package, plain = path / "__init__.py", path.with_name(f"{path.name}.py")
            file = package if package.is_file() else plain
            inside = name.partition(".")[0] in self.packages and file.is_file()
            parent = name if file == package else name.rpartition(".")[0]
            self._modules[name] = read(file.read_bytes(), parent) if inside else None
        return self._modules[name]

    def _resolve(self, module: str, path: Dotted) -> set[Place]:
        """What a name with its attributes stands for in a module; nothing if it is Python's."""
        found = self._module(module)
        if found and path[0] in found.definitions:
            return {(module, path[0])}
        if found and path[0] in found.imports:
            source, name = found.imports[path[0]]
            return self._member(source, (name, *path[1:]) if name else path[1:])
        return set()

    def _member(self, module: str, path: Dotted) -> set[Place]:
        """What `module.a.b` stands for: one definition, or all of a module."""
        if path and self._module(f"{module}.{path[0]}"):
            return self._member(f"{module}.{path[0]}", path[1:])
        if self._module(module) is None:
            return {(module, path[0] if path else "")}
        return (path and self._resolve(module, path)) or {(module, ALL)}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def reasons(record: Mapping[str, Any] | None, now: Mapping[str, Any], folder: Path) -> list[str]:
    """Why a figure is stale; nothing if it is not, and only "words" if the picture is not.

    Other versions of packages or another device are no reasons.

    Args:
        record: what the manifest says of it; None if it says nothing.
        now: what a record would say today: section, code, inputs and words.
        folder: where the files of the record are.
    """
    if record is None:
        return ["new"]
    old, new = record["inputs"], json.loads(json.dumps(now["inputs"]))
    return [
        *(["code"] if record.get("code") != now["code"] else []),
        *(f"weights of {name}" for name in _differing(old, new, "weights")),
        *(f"results {name}" for name in _differing(old, new, "results")),
        *(["settings"] if _settings(old) != _settings(new) else []),
        *(["section"] if record["section"] != now["section"] else []),
        *_files(record, folder),
        *(["words"] if any(record[key] != now[key] for key in WORDS) else []),
    ]


def _differing(old: Mapping[str, Any], new: Mapping[str, Any], kind: str) -> list[str]:
    before, after = old.get(kind, {}), new.get(kind, {})
    return [name for name in sorted({*before, *after}) if before.get(name) != after.get(name)]


def _settings(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in inputs.items() if name not in ("weights", "results")}


def _files(record: Mapping[str, Any], folder: Path) -> Iterator[str]:
    for key, digest in (("file", "sha256"), ("still", "still_sha256")):
        if record[key] and not (folder / record[key]).is_file():
            yield f"{key} missing"
        elif record[key] and sha256(folder / record[key]) != record.get(digest):
            yield f"{key} changed"


def sha256(path: Path) -> str:
    """The digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
