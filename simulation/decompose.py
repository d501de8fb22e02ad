"""The chances of conditions over independent groups, found by fixing one group's number after the other.

With each number the conditions get simpler; those met before are not worked out again, so what is in series or in
parallel costs as much as it is long, not two to the power of it. Source: pivotal decomposition, Rausand, Barros &
Høyland, "System Reliability Theory" (3rd ed., 2021), ch. 6; with equal parts kept once, as binary decision diagrams do.
"""

import ast
from collections.abc import Mapping, Sequence

from simulation.errors import NotApplicable
from simulation.structure import Expression, tree_of

Node = int | tuple[object, ...]
"""A number (a condition is 0 or 1), or an operator and its parts: ("and", a, b), (">=", a, 2), ("name", "kafka")."""
Chances = Mapping[str, Sequence[float]]
"""Group name to the chance of each number of good units, 0 first."""
STEPS_MAX = 20_000
_SIGNS: dict[type[ast.cmpop], str] = {ast.GtE: ">=", ast.Gt: ">", ast.LtE: "<=", ast.Lt: "<", ast.Eq: "=="}


def node_of(expression: Expression) -> Node:
    """Return an expression as a node."""
    return _node(tree_of(expression))


def with_count(node: Node, name: str, count: int) -> Node:
    """Return a node in which a group has so many good units, and what follows from that is worked out."""
    if isinstance(node, int):
        return node
    operator, *parts = node
    if operator == "name":
        return count if parts[0] == name else node
    return _simplified(str(operator), [with_count(part, name, count) for part in parts])  # type: ignore[arg-type]


def is_monotone(node: Node) -> bool:
    """Say whether one good unit more never harms: nothing is negated or bounded from above."""
    if isinstance(node, int):
        return True
    operator, *parts = node
    if operator == "name":
        return True
    return operator not in ("not", "<", "<=", "==") and all(is_monotone(part) for part in parts)  # type: ignore[arg-type]


def failing_chance(node: Node, chances: Chances, changes: Chances) -> tuple[float, float]:
    """Return the chance that a condition does not hold, and its rate of change.

    Args:
        node: the condition.
        chances: of each number of good units of each group it speaks of.
        changes: how fast each of those chances changes, all at once.

    Raises:
        NotApplicable: it takes too many steps.
    """
    order, known = list(chances), dict[Node, tuple[float, float]]()

    def failing(place: int, left: Node) -> tuple[float, float]:
        if isinstance(left, int):
            return float(not left), 0.0
        if left not in known:
            if len(known) >= STEPS_MAX:
                raise NotApplicable(f"closed form: more than {STEPS_MAX} steps; expected a simpler condition")
            name, value, change = order[place], 0.0, 0.0
            for count, (chance, rate) in enumerate(zip(chances[name], changes[name], strict=True)):
                below, below_change = failing(place + 1, with_count(left, name, count))
                value += chance * below
                change += chance * below_change + rate * below
            known[left] = value, change
        return known[left]

    return failing(0, node)


def joint_chances(nodes: tuple[Node, ...], chances: Chances) -> dict[tuple[bool, ...], float]:
    """Return the chance of each combination of truth of some conditions.

    Raises:
        NotApplicable: it takes too many steps.
    """
    order, known = list(chances), dict[tuple[Node, ...], dict[tuple[bool, ...], float]]()

    def chances_from(place: int, left: tuple[Node, ...]) -> dict[tuple[bool, ...], float]:
        if all(isinstance(node, int) for node in left):
            return {tuple(bool(node) for node in left): 1.0}
        if left in known:
            return known[left]
        if len(known) >= STEPS_MAX:
            raise NotApplicable(f"closed form: more than {STEPS_MAX} steps; expected a simpler condition")
        found: dict[tuple[bool, ...], float] = {}
        same: dict[tuple[Node, ...], float] = {}
        for count, chance in enumerate(chances[order[place]]):
            following = tuple(with_count(node, order[place], count) for node in left)
            same[following] = same.get(following, 0.0) + chance
        for following, chance in same.items():
            for truth, share in chances_from(place + 1, following).items():
                found[truth] = found.get(truth, 0.0) + chance * share
        known[left] = found
        return found

    return chances_from(0, nodes)


def _node(tree: ast.expr) -> Node:
    match tree:
        case ast.BoolOp(op=operator, values=values):
            return _simplified("and" if isinstance(operator, ast.And) else "or", [_node(value) for value in values])
        case ast.UnaryOp(operand=operand):
            return _simplified("not", [_node(operand)])
        case ast.BinOp(left=left, right=right):
            return _simplified("+", [_node(left), _node(right)])
        case ast.Compare(left=left, ops=[sign], comparators=[right]):
            return _simplified(_SIGNS[type(sign)], [_node(left), _node(right)])
        case ast.Call(args=args):
            return _simplified("atleast", [_node(each) for each in args])
        case ast.Name(id=name):
            return ("name", name)
        case ast.Constant(value=int(number)):
            return int(number)
    raise AssertionError(ast.unparse(tree))


def _simplified(operator: str, parts: list[Node]) -> Node:
    """Return a node of an operator; what is known already is worked out."""
    if operator in ("and", "or"):
        decides = operator == "or"
        if any(isinstance(part, int) and bool(part) is decides for part in parts):
            return int(decides)
        open_parts = [part for part in parts if not isinstance(part, int)]
        return (operator, *open_parts) if open_parts else int(not decides)
    if operator == "atleast" and isinstance(parts[0], int):
        met = sum(1 for part in parts[1:] if isinstance(part, int) and part)
        least, open_parts = parts[0] - met, [part for part in parts[1:] if not isinstance(part, int)]
        if least <= 0 or least > len(open_parts):
            return int(least <= 0)
        return ("atleast", least, *open_parts)
    numbers = [part for part in parts if isinstance(part, int)]
    return _number(operator, numbers) if len(numbers) == len(parts) else (operator, *parts)


def _number(operator: str, numbers: list[int]) -> int:
    """Return the value of an operator on numbers."""
    if operator == "not":
        return int(not numbers[0])
    if operator == "atleast":
        return int(sum(bool(number) for number in numbers[1:]) >= numbers[0])
    left, right = numbers
    values = {"+": left + right, ">=": left >= right, ">": left > right, "<=": left <= right, "<": left < right}
    return int(values.get(operator, left == right))
