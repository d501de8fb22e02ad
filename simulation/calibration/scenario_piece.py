"""Fitted laws as a piece of TOML that goes into a scenario; what a scenario can't take is told in a comment."""

from collections.abc import Iterator, Mapping

from simulation.calibration.calibrate import P_VALUE_MIN, Calibrated, Calibration
from simulation.calibration.measured import SNAPSHOTS
from simulation.cluster_scenario import PARTS
from simulation.laws import Deterministic, Exponential, Gamma, Law, Lognormal, Weibull
from simulation.tables import UNITS

DIGITS = 6
VALUES_MAX = 200
"""Measured values that are listed where no law fits."""
_READABLE = (("days", 48.0), ("hours", 2.0), ("minutes", 2 / 60))
"""Units, and from how many hours on people would use them; seconds below."""
_FAILURES, _RECOVERY, _DETECTION, _RESTART = "time_between_failures", "recovery", "detection", "restart"
_OF_CLUSTER = {
    "failover": ("master", "balancer"),
    "sync": ("master",),
    "election": ("kafka",),
}
"""Quantities to the parts whose tables have a key for them; restart apart."""
_RESTARTING = ("master", "replica")


def as_toml(calibration: Calibration) -> str:
    """Return the tables and keys that a scenario may take over; each law's line says what it rests on."""
    parts: dict[str, dict[str, Calibrated]] = {}
    for each in calibration.quantities:
        parts.setdefault(each.durations.part, {})[each.durations.quantity] = each
    lines = [f"# laws fitted to {calibration.source or 'durations'}, seed {calibration.seed}"]
    for part, quantities in parts.items():
        lines += ["", *_table(part, quantities)]
    lines += [f"# left out: {each}" for each in calibration.left_out]
    return "\n".join(lines) + "\n"


def law_text(law: Law) -> str:
    """Return a law as an inline table of a scenario."""
    unit = readable_unit(law.mean_hours)
    mean = _number(law.mean_hours / UNITS[unit])
    match law:
        case Exponential():
            return f"{{ mean_{unit} = {mean} }}"
        case Weibull(shape, _):
            return f'{{ law = "weibull", shape = {_number(shape)}, mean_{unit} = {mean} }}'
        case Lognormal(_, log_sigma):
            return f'{{ law = "lognormal", mean_{unit} = {mean}, sigma = {_number(log_sigma)} }}'
        case Gamma(shape, _):
            return f'{{ law = "gamma", shape = {_number(shape)}, mean_{unit} = {mean} }}'
        case Deterministic():
            return f'{{ law = "deterministic", value_{unit} = {mean} }}'
    raise TypeError(f"{type(law).__name__} is no law that is fitted")


def readable_unit(hours: float) -> str:
    """Return the unit that people would tell a duration in."""
    return next((unit for unit, least in _READABLE if hours >= least), "seconds")


def _table(part: str, quantities: Mapping[str, Calibrated]) -> Iterator[str]:
    """Yield the lines of one part's table, lists of tables last."""
    in_cluster = part in PARTS
    yield f"[{part}]" if in_cluster or part == SNAPSHOTS else f"[components.{part}]"
    detection, recovery = quantities.get(_DETECTION), quantities.get(_RECOVERY)
    staged = detection is not None and recovery is not None and not in_cluster
    for quantity, found in quantities.items():
        if quantity == _FAILURES:
            yield _line("failure", found)
        elif quantity == _RECOVERY and not staged:
            yield _line("repair", found)
        elif quantity == _DETECTION and in_cluster:
            yield f"# detection took {law_text(found.law)}, {_basis(found)}: a cluster's follows from its flags"
        elif quantity == _RESTART and part in _RESTARTING:
            law = f"{{ share = …, time = {law_text(found.law)} }}"
            yield f"# restart = {law}  # {_basis(found)}; what share of failures it cures is yours to say"
        elif part == SNAPSHOTS or part in _OF_CLUSTER.get(quantity, ()):
            yield _line(quantity, found)
        elif quantity not in (_DETECTION, _RECOVERY):
            yield f"# {quantity} took {law_text(found.law)}, {_basis(found)}: {part} has no key for it"
        elif not staged:
            yield f"# {quantity} took {law_text(found.law)}, {_basis(found)}: expected a recovery with it"
        if (listed := _listed(found)) is not None:
            yield listed
    if detection is not None and recovery is not None and staged:
        yield f"[[components.{part}.outages]]"
        yield "stages = ["
        yield f'    {{ name = "detection", time = {law_text(detection.law)} }},  # {_basis(detection)}'
        yield f'    {{ name = "repair", time = {law_text(recovery.law)} }},  # {_basis(recovery)}'
        yield "]"


def _line(key: str, found: Calibrated) -> str:
    value = law_text(found.law)
    return f"{key} = {f'{{ time = {value} }}' if key == 'failover' else value}  # {_basis(found)}"


def _basis(found: Calibrated) -> str:
    durations, goodness = found.durations, found.chosen.goodness
    censored = int(durations.is_censored.sum())
    text = f"{len(durations.hours)} measured" + (f", {censored} of them censored" if censored else "")
    if goodness is None:
        return text
    unit = readable_unit(found.law.mean_hours)
    low, high = goodness.mean_low_hours / UNITS[unit], goodness.mean_high_hours / UNITS[unit]
    return f"{text}, mean {low:.4g} to {high:.4g} {unit}, p = {goodness.p_value:.2g}"


def _listed(found: Calibrated) -> str | None:
    """Return the measured values themselves as a law, where no fitted one holds and they are few and all ended."""
    goodness, durations = found.chosen.goodness, found.durations
    if goodness is None or goodness.p_value >= P_VALUE_MIN:
        return None
    if durations.is_censored.any() or len(durations.hours) > VALUES_MAX:
        return f"# no law fits {durations.quantity}"
    unit = readable_unit(found.law.mean_hours)
    values = ", ".join(_number(value / UNITS[unit]) for value in durations.hours.tolist())
    return f'# no law fits {durations.quantity}; as measured: {{ law = "empirical", values_{unit} = [{values}] }}'


def _number(value: float) -> str:
    text = f"{value:.{DIGITS}g}"
    return repr(float(text)) if "e" in text else text
