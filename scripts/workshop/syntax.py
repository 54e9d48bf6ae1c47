"""A module's definitions and what each of them uses, read from its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

RECORDED = frozenset({"caption", "made", "alt", "models", "results", "settings"})
"""The arguments of `@figure` that stand in a figure's record themselves."""

ALL, LOOSE = "*", ""
"""In place of a definition's name: all of a module, and the statements that bind no name, which
every definition of the module relies on."""

Dotted = tuple[str, ...]
"""A name and the attributes taken of it: `viz.sheet` is ("viz", "sheet")."""

Place = tuple[str, str]
"""A module and the name of a definition in it."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SCOPES = (*FUNCTIONS, *COMPREHENSIONS, ast.ClassDef)
IMPORTS = (ast.Import, ast.ImportFrom)


@dataclass
class Definition:
    """The statements of a module that give one name its value.

    Attributes:
        text: what they say.
        uses: the names that they take from their module.
        imports: what they import themselves.
    """

    text: str = ""
    uses: set[Dotted] = field(default_factory=set)
    imports: set[Place] = field(default_factory=set)


@dataclass
class Module:
    """A module's definitions by name, and what its imports give a name to."""

    definitions: dict[str, Definition] = field(default_factory=dict)
    imports: dict[str, Place] = field(default_factory=dict)


def read(source: bytes, package: str) -> Module:
    """A module's definitions and imports, from its source; `package` is what `.` means in it."""
    module = Module()
    for statement in _Essence().visit(ast.parse(source)).body:
        nodes = [node for node in ast.walk(statement) if isinstance(node, IMPORTS)]
        imported = {name: to for node in nodes for name, to in _imported(node, package).items()}
        alone = isinstance(statement, SCOPES)
        if not alone:  # what a `try` imports, say, has its name in the whole module
            module.imports |= imported
        names = {*_bound(statement, changed=True)} - (set() if alone else {*imported})
        if isinstance(statement, IMPORTS) or (not names and _is_main(statement)):
            continue
        for name in names or {LOOSE}:
            definition = module.definitions.setdefault(name, Definition())
            definition.text += _text(statement)
            definition.uses |= _used(statement) - {(name,)}
            definition.imports |= {*imported.values()} if alone else set()
    names = {*module.definitions, *module.imports}
    module.definitions[ALL] = Definition(uses={(name,) for name in names})
    return module


class _Essence(ast.NodeTransformer):
    """Takes out what does not count: docstrings, annotations, and what a record holds itself."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        words = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        return None if words else self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        for decorator in node.decorator_list:
            if isinstance(decorator, ast.Call) and _name(decorator.func) == "figure":
                decorator.func, decorator.args = ast.Constant("figure"), []
                decorator.keywords = [k for k in decorator.keywords if k.arg not in RECORDED]
        node.returns = None
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        node.annotation = ast.Constant(None)
        return self.generic_visit(node)


def _name(node: ast.AST) -> str:
    return getattr(node, "id", getattr(node, "attr", ""))


def _is_main(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "__name__" in (_name(n) for n in ast.walk(node.test))


def _imported(node: Any, package: str) -> dict[str, Place]:
    """What an import gives a name to: a name of a module, or a module, which then has none."""
    if isinstance(node, ast.Import):
        names = [(a.asname, a.name) if a.asname else (_top(a.name),) * 2 for a in node.names]
        return {name: (module, "") for name, module in names}
    parents = package.split(".")
    base = parents[: len(parents) - node.level + 1] if node.level else []
    source = ".".join([*base, *filter(None, [node.module])])
    return {a.asname or a.name: (source, a.name) for a in node.names}


def _top(module: str) -> str:
    return module.partition(".")[0]


def _bound(node: ast.AST, changed: bool = False) -> Iterator[str]:
    """The names to which a statement gives a value in its scope; or also what it changes in it."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, IMPORTS):
        yield from _imported(node, "")
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    elif not isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        base: Any = node
        while changed and isinstance(base, ast.Subscript | ast.Attribute):
            base = base.value  # TABLE["a"] = 1 changes TABLE
        if isinstance(base, ast.Name):
            yield base.id
    if not isinstance(node, SCOPES):
        for child in ast.iter_child_nodes(node):
            yield from _bound(child, changed)


def _used(node: ast.AST) -> set[Dotted]:
    """The names that a node takes from around it, each with the attributes taken of it."""
    attributes: list[str] = []
    base: Any = node
    while isinstance(base, ast.Attribute):
        attributes.insert(0, base.attr)
        base = base.value
    if isinstance(base, ast.Name):
        return {(base.id, *attributes)}
    if base is not node:
        return _used(base)  # an attribute of a call, say

    around: list[Any]
    body: list[ast.AST]
    if isinstance(node, FUNCTIONS):
        around = [*getattr(node, "decorator_list", []), *node.args.defaults, *node.args.kw_defaults]
        body = [*node.body] if isinstance(node.body, list) else [node.body]
        arguments = [child for child in ast.walk(node.args) if isinstance(child, ast.arg)]
        own = {a.arg for a in arguments} | {name for child in body for name in _bound(child)}
        own -= {n for c in body for g in ast.walk(c) if isinstance(g, ast.Global) for n in g.names}
    elif isinstance(node, COMPREHENSIONS):
        around, body = [node.generators[0].iter], [*ast.iter_child_nodes(node)]
        own = {name for generator in node.generators for name in _bound(generator)}
    else:
        around, body, own = [*ast.iter_child_nodes(node)], [], set()
    inside = {path for child in body for path in _used(child) if path[0] not in own}
    return inside.union(*(_used(child) for child in around if child))


def _text(value: Any) -> str:
    """What a node says, in the same words in every version of Python."""
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    if not isinstance(value, ast.AST):
        return repr(value)
    fields = {
        name: content
        for name, content in ast.iter_fields(value)
        if name not in ("ctx", "kind", "type_comment")
        and (content not in (None, []) or isinstance(value, ast.Constant))
    }
    inner = ", ".join(f"{name}={_text(content)}" for name, content in fields.items())
    return f"{type(value).__name__}({inner})"
