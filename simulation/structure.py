"""Boolean expressions over numbers of good units: `master >= 1 and (replica >= 2 or cache >= 1)`.

A bare name means at least one; numbers may be added: `replica_1 + replica_2 >= 2`. `atleast(k, a, b, …)` is k out of
the conditions or groups named.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from simulation.errors import ScenarioError

Counts = Mapping[str, int]
"""Group name to the number of its units that are good."""
_COMPARISONS: dict[type[ast.cmpop], Callable[[int, int], bool]] = {
    ast.GtE: lambda left, right: left >= right,
    ast.Gt: lambda left, right: left > right,
    ast.LtE: lambda left, right: left <= right,
    ast.Lt: lambda left, right: left < right,
    ast.Eq: lambda left, right: left == right,
}
TEXT_MAX = 20_000
DEPTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Expression:
    """A condition on numbers of good units."""

    text: str
    names: tuple[str, ...] = field(default=(), compare=False)
    """The groups it speaks of, in order of first mention."""

    def holds(self, counts: Counts) -> bool:
        """Say whether the condition holds for these numbers."""
        return bool(_value(_tree(self.text), counts))


def parse_expression(text: str, groups: Sequence[str]) -> Expression:
    """Read a condition.

    Raises:
        ScenarioError: it is no such condition, or names a group that there is not.
    """
    text = " ".join(text.split())  # a condition may stand on several lines
    if len(text) > TEXT_MAX:
        raise ScenarioError(f"an expression has {len(text)} characters, expected at most {TEXT_MAX}")
    try:
        tree = _tree(text)
        _check_depth(tree, text)
        names = _names(tree)
        unknown = [name for name in names if name not in groups]
        if unknown:
            raise ScenarioError(f"expression {text!r} names {unknown[0]!r}, expected one of {', '.join(groups)}")
        _value(tree, dict.fromkeys(groups, 1))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        reason = error.msg if isinstance(error, SyntaxError) else "it is nested too deeply or no text"
        raise ScenarioError(f"expression {text!r} can't be read: {reason}") from error
    return Expression(text, names)


def _check_depth(tree: ast.expr, text: str) -> None:
    """Refuse what is nested too deeply, whatever Python's own limit of recursion is set to."""
    level: list[ast.AST] = [tree]
    for _ in range(DEPTH_MAX):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise ScenarioError(f"expression {text[:40]!r}… can't be read: it is nested deeper than {DEPTH_MAX} levels")


def _names(tree: ast.expr) -> tuple[str, ...]:
    """Return the groups of a condition in the order they are written."""
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id != "atleast"]
    return tuple(dict.fromkeys(node.id for node in sorted(found, key=lambda node: node.col_offset)))


def tree_of(expression: Expression) -> ast.expr:
    """Return the syntax tree of a condition that was read."""
    return _tree(expression.text)


@lru_cache(maxsize=256)
def _tree(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _value(node: ast.expr, counts: Counts) -> int:
    """Return a node's number; conditions are 0 or 1."""
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            parts = [_value(value, counts) for value in values]  # all of them, so that none goes unchecked
            return int(all(parts))
        case ast.BoolOp(values=values):
            parts = [_value(value, counts) for value in values]
            return int(any(parts))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return int(not _value(operand, counts))
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return _value(left, counts) + _value(right, counts)
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARISONS:
            return int(_COMPARISONS[type(op)](_value(left, counts), _value(right, counts)))
        case ast.Call(func=ast.Name(id="atleast"), args=[first, *rest], keywords=[]) if rest:
            return int(sum(bool(_value(each, counts)) for each in rest) >= _value(first, counts))
        case ast.Name(id=name):
            return counts[name]
        case ast.Constant(value=int(number)) if not isinstance(number, bool):
            return number
    raise ScenarioError(
        f"expression part {ast.unparse(node)!r} is not allowed, expected group names, whole numbers, "
        "and, or, not, +, comparisons and atleast(k, …)"
    )
