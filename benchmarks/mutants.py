"""How much the tests of the checks notice: one place of a check changed by a machine, its tests run, over and over.

A mutant that no test fails with has survived: a test is missing, or the change makes no difference (it is equal). Which
of the two it is, is for somebody to read; docs/power.md keeps what came out.

Changed are comparisons, `and`, `or`, `not` and their parts, arithmetic, whole numbers and truth values, conditions of
comprehensions, the two sides of a choice, min and max, any and all, what is returned or assigned, calls whose result
nobody uses, continue and break. Left alone are texts, which tell people, and annotations.

Each mutant stands in a copy of the tree and is tried in a process of its own, one at a time. The draw depends on the
seed, the module and the change alone, a larger sample holds the smaller, and Hypothesis is seeded: what came out once
comes out again.
"""

import argparse
import ast
import compileall
import contextlib
import copy
import hashlib
import os
import shutil
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from msgspec import Struct

ROOT = Path(__file__).parents[1]
CHECKS = Path("conformance/checks")
COPIED = ("anynode", "reference", "simulator", "conformance", "scenarios", "reports", "tests", "docs", "pyproject.toml")
SHARE = 25
"""Of a module's mutants one in so many is drawn, where that is more than asked for."""
TIMEOUT_S = 120
"""Of the processor, not of the clock on the wall."""

LAWS = "test_check_laws"
RECORDED = ("test_counted", "test_checks", "test_measures")
"""What concerns every module, and alone where TESTS does not name it."""
PLAIN, ZONES = "test_plain", "test_linearizability"
ON_DATA = (
    "causality", "causes", "copies", "durability", "lost_updates", "monotonic_reads",
    "monotonic_writes", "read_your_writes", "rivals", "whole_session", "writes_follow_reads",
)  # fmt: skip
TESTS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(ON_DATA, (*RECORDED, LAWS)),
    **dict.fromkeys(
        ("judging", "models", "operations", "search", "zones"),
        (ZONES, *RECORDED, LAWS),
    ),
    **dict.fromkeys(("causal", "linearizable_sessions"), (*RECORDED, "test_optional_checks", LAWS)),
    **dict.fromkeys(("plain", "guarantees"), (*RECORDED, PLAIN, LAWS)),
    "logs": (ZONES, "test_check_model"),
    "timeline": (*RECORDED, "test_timeline"),
    "findings": (*RECORDED, "test_findings"),
    "index": (*RECORDED, PLAIN),
    "__init__": (*RECORDED, "test_optional_checks"),
}
"""Which files of tests concern a module, by its name, the quick ones first."""
TOO_SLOW = "test_the_order_of_the_lines_decides_nothing"

COMPARED: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
}  # fmt: skip
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.FloorDiv: ast.Mult, ast.Mod: ast.Mult,
    ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.LShift: ast.RShift, ast.Pow: ast.Mult,
}  # fmt: skip
CALLED = {"min": "max", "max": "min", "any": "all", "all": "any"}


class Mutant(Struct, frozen=True, order=True):
    """One change of one place; `start` and `end` are bytes of the file, `new` replaces what is between them."""

    module: str
    line: int
    start: int
    end: int
    old: str
    new: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}: {' '.join(self.old.split())}  ->  {' '.join(self.new.split())}"


def mutants(module: str, source: bytes) -> list[Mutant]:
    """Make every mutant of a module, in the order of the text."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = set()
    for node in _code(ast.parse(source)):
        for other in _changed(node):
            if not isinstance(node, ast.expr | ast.stmt):
                continue
            start = starts[node.lineno - 1] + node.col_offset
            end = starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
            new = ast.unparse(other)
            new = f"({new})" if isinstance(node, ast.expr) else new
            found.add(Mutant(module, node.lineno, start, end, source[start:end].decode(), new))
    return sorted(found)


def _code(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what a program does: without texts, annotations and imports."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not isinstance(child, ast.JoinedStr | ast.Import | ast.ImportFrom):
                yield from _code(child)


def _is_text(node: ast.AST | None) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def _with(node: ast.AST, field: str, value: object) -> ast.AST:
    """Copy a node with another value in one field."""
    other = copy.copy(node)
    setattr(other, field, value)
    return other


def _changed(node: ast.AST) -> Iterator[ast.AST]:  # noqa: C901, PLR0912 - one kind of node a branch
    match node:
        case ast.Compare(ops=ops):
            for place, op in enumerate(ops):
                for kind in COMPARED[type(op)]:
                    yield _with(node, "ops", [*ops[:place], kind(), *ops[place + 1 :]])
        case ast.BoolOp(op=op, values=values):
            yield _with(node, "op", ast.Or() if isinstance(op, ast.And) else ast.And())
            for place in range(len(values)):
                yield _with(node, "values", [*values[:place], *values[place + 1 :]])
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield operand
        case ast.BinOp(left=left, right=right, op=op) if not (_is_text(left) or _is_text(right)):
            if type(op) in COMPUTED:
                yield _with(node, "op", COMPUTED[type(op)]())
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value)):
            yield ast.Constant(value + 1)
        case ast.IfExp(body=body, orelse=orelse) if not (_is_text(body) or _is_text(orelse)):
            yield body
            yield orelse
        case ast.Call(func=ast.Name(id=name)) if name in CALLED:
            yield _with(node, "func", ast.Name(CALLED[name]))
        case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
            for place, clause in enumerate(node.generators):
                if clause.ifs:
                    free = _with(clause, "ifs", [])
                    yield _with(node, "generators", [*node.generators[:place], free, *node.generators[place + 1 :]])
        case ast.Continue():
            yield ast.Break()
        case ast.Break():
            yield ast.Continue()
        case ast.AugAssign(op=op) if type(op) in COMPUTED:
            yield _with(node, "op", COMPUTED[type(op)]())
        case ast.Expr(value=ast.Call()):
            yield ast.Pass()
        case ast.Return(value=value) | ast.Assign(value=value) | ast.AnnAssign(value=value):
            if value is not None and not _is_text(value) and not isinstance(value, ast.Constant):
                yield _with(node, "value", ast.Constant(None))


def drawn(every: list[Mutant], sample: int, seed: int) -> list[Mutant]:
    """Draw mutants of one module: at least so many, one in SHARE of more, all where there are no more."""

    def lot(mutant: Mutant) -> bytes:
        told = f"{seed}:{mutant.module}:{mutant.start}:{mutant.old}:{mutant.new}"
        return hashlib.sha256(told.encode()).digest()

    return sorted(sorted(every, key=lot)[: max(sample, len(every) // SHARE)])


class Driver:
    """A plugin of pytest that collects the tests once and runs, instead of them all, those of each mutant.

    Args:
        tree: the copy in which places are changed.
        chosen: what was asked for on the command line.
    """

    def __init__(self, tree: Path, chosen: argparse.Namespace) -> None:
        self._tree = tree
        self._chosen = chosen

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Draw, try and tell, module by module."""
        tests = [item for item in session.items if TOO_SLOW not in item.nodeid]
        if not self._chosen.laws:
            tests = [item for item in tests if item.path.stem != LAWS]
        if not self._pass(tests):
            self._tell("the tests fail before anything is changed: mend them first")
            return True
        survived = tried = 0
        for file in sorted((self._tree / CHECKS).rglob("*.py")):
            if not self._chosen.module or file.stem in self._chosen.module:
                lived, drawn_here = self._module(file, tests)
                survived, tried = survived + lived, tried + drawn_here
        self._tell(f"all: killed {tried - survived} of {tried}")
        return True

    def _module(self, file: Path, tests: list[pytest.Item]) -> tuple[int, int]:
        """Try the mutants drawn of one module; give how many survived, and how many there were."""
        module, source = str(file.relative_to(self._tree)), file.read_bytes()
        every = mutants(module, source)
        sample = drawn(every, self._chosen.sample, self._chosen.seed)
        if self._chosen.line:
            sample = [mutant for mutant in every if mutant.line == self._chosen.line]
        named = TESTS.get(file.stem, RECORDED)
        concerned = [item for item in tests if item.path.stem in named]
        concerned.sort(key=lambda item: (f"[{file.stem}/" not in item.nodeid, named.index(item.path.stem)))
        survived = 0
        for mutant in sample:
            file.write_bytes(source[: mutant.start] + mutant.new.encode() + source[mutant.end :])
            passed = self._pass(concerned)
            survived += passed
            self._tell(f"  {'survived' if passed else 'killed'}: {mutant}")
        file.write_bytes(source)
        self._tell(f"{module}: killed {len(sample) - survived} of {len(sample)} drawn of {len(every)}")
        return survived, len(sample)

    def _pass(self, tests: Sequence[pytest.Item]) -> bool:
        """Say whether all tests pass with the checks as they stand in the copy now; a process of its own tries it."""
        child = os.fork()
        if child:
            return os.waitpid(child, 0)[1] == 0
        signal.setitimer(signal.ITIMER_PROF, TIMEOUT_S)  # what never ends is killed by it; a busy machine is not
        try:
            _load_again(tests)
            for item in tests:
                item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
                if item.session.testsfailed:
                    os._exit(1)
        except BaseException:  # noqa: BLE001 - whatever it is, it must not go on as a second driver
            os._exit(2)
        os._exit(0)

    def _tell(self, text: str) -> None:
        os.write(self._chosen.out, f"{text}\n".encode())


def _load_again(tests: Sequence[pytest.Item]) -> None:
    """Import the checks anew, and have the modules of tests import them: their functions look there when they run."""
    package = CHECKS.as_posix().replace("/", ".")
    for name in [name for name in sys.modules if name == package or name.startswith(f"{package}.")]:
        del sys.modules[name]
    del sys.modules["conformance"].checks
    modules = {item.path: item.getparent(pytest.Module).obj for item in tests}  # type: ignore[union-attr]
    for path, module in modules.items():
        exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)  # noqa: S102 - the project's own tests


def copied(into: Path) -> Path:
    """Copy what tests need of the tree; the name tells it from the checkout."""
    tree = into / "anynode-mutants"
    tree.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, tree / name)
    compileall.compile_dir(tree / "conformance", quiet=1)
    for stale in (tree / CHECKS).rglob("*.pyc"):
        stale.unlink()
    return tree


def main() -> None:
    """Draw, try and tell."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sample", type=int, default=12, help="mutants of a module, at least (default 12)")
    parser.add_argument("--seed", type=int, default=1, help="whole number from which the draw follows (default 1)")
    parser.add_argument("--module", action="append", help="only modules of this name, such as zones; may be repeated")
    parser.add_argument("--line", type=int, help="every mutant of this line of the module, instead of a draw")
    parser.add_argument("--laws", action="store_true", help="try the drawn histories too: ten seconds a survivor")
    chosen = parser.parse_args()
    chosen.out = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what pytest says of each test is nobody's business
    sys.dont_write_bytecode = True
    with TemporaryDirectory() as folder, contextlib.chdir(folder):
        tree = copied(Path(folder))
        sys.path.insert(0, str(tree))
        modules = chosen.module or [file.stem for file in (tree / CHECKS).rglob("*.py")]
        names = dict.fromkeys(name for module in modules for name in TESTS.get(module, RECORDED))
        files = [str(next((tree / "tests").glob(f"*/{name}.py"))) for name in names]
        options = ["-p", "no:cacheprovider", "--hypothesis-seed=0", "--rootdir", str(tree)]
        pytest.main([*options, *files], plugins=[Driver(tree, chosen)])


if __name__ == "__main__":
    main()
