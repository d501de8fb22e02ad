"""Adds slices up as they come, and makes a run's figures of them."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from hdrh.histogram import HdrHistogram

from loadtests.outcomes import GOOD, Kind
from loadtests.percentiles import Sample, add, merge, new_histogram, pack, read_latency
from loadtests.saturation import Health, Saturation, judge_saturation
from loadtests.slices import Ending, Slice
from loadtests.summary import About, Mark, MethodFigures, SecondFigures, Summary

HIGHEST = "_max"
"""Names of counts that end so are merged to the highest, the others to the sum."""


@dataclass(slots=True)
class _Second:
    """What is known of one second so far, of all processes."""

    is_warmup: bool = True
    offered: int = 0
    sent: int = 0
    answered: int = 0
    endings: "defaultdict[Ending, int]" = field(default_factory=lambda: defaultdict(int))
    in_flight: dict[int, int] = field(default_factory=dict)
    """By process."""
    waiting: dict[int, int] = field(default_factory=dict)
    response: Sample = field(default_factory=pack)
    service: Sample = field(default_factory=pack)
    late: Sample = field(default_factory=pack)
    consistency: dict[str, int] = field(default_factory=dict)
    heads: dict[int, int] = field(default_factory=dict)


@dataclass(slots=True)
class _Method:
    endings: "defaultdict[Ending, int]" = field(default_factory=lambda: defaultdict(int))
    response: HdrHistogram = field(default_factory=new_histogram)
    service: HdrHistogram = field(default_factory=new_histogram)


class Tally:
    """A run's slices, added up."""

    def __init__(self, about: About) -> None:
        """Begin with nothing."""
        self._about = about
        self._seconds: defaultdict[int, _Second] = defaultdict(_Second)
        self._methods: defaultdict[str, _Method] = defaultdict(_Method)
        self._response, self._service = new_histogram(), new_histogram()
        self._late = pack()
        self._health: list[Health] = []
        self._sums = defaultdict[str, int](int)
        self._consistency: dict[str, int] = {}

    def add(self, one: Slice) -> SecondFigures:
        """Add a slice; return what is known of its second by now."""
        second = self._seconds[one.second]
        response = pack(one.unsent, *(times.response for times in one.times.values()))
        service = pack(*(times.service for times in one.times.values()))
        late = pack(one.late)
        _add_to_second(second, one, response, service, late)
        if not one.is_warmup:
            self._add_measured(one, response, service, late)
        return _figures_of(one.second, second)

    def finish(
        self,
        *,
        is_interrupted: bool = False,
        marks: tuple[Mark, ...] = (),
    ) -> Summary:
        """Return the run's figures."""
        about = self._about
        end = about.warmup_seconds + about.duration_seconds
        inside = {number: each for number, each in self._seconds.items() if about.warmup_seconds <= number < end}
        measured_seconds = min(about.duration_seconds, float(len(inside)))
        return Summary(
            about=about,
            offered=self._sums["sent"] + self._sums["unsent"],
            sent=self._sums["sent"],
            answered=self._sums["answered"],
            unsent=self._sums["unsent"],
            unanswered=max(self._sums["sent"] - self._sums["answered"], 0),
            measured_seconds=measured_seconds,
            achieved_rate=sum(each.answered for each in inside.values()) / measured_seconds if inside else 0.0,
            methods=self._method_figures(),
            response=read_latency(self._response),
            service=read_latency(self._service),
            response_hdr=self._response.encode().decode(),
            service_hdr=self._service.encode().decode(),
            consistency=dict(self._consistency),
            seconds=tuple(_figures_of(number, self._seconds[number]) for number in sorted(self._seconds)),
            saturation=self._saturation(),
            is_interrupted=is_interrupted,
            marks=marks,
        )

    def _add_measured(self, one: Slice, response: Sample, service: Sample, late: Sample) -> None:
        for name in ("sent", "answered"):
            self._sums[name] += getattr(one, name)
        self._sums["unsent"] += len(one.unsent)
        add(self._response, response)
        add(self._service, service)
        for method, times in one.times.items():
            add(self._methods[method].response, pack(times.response))
            add(self._methods[method].service, pack(times.service))
        for ending, count in one.endings.items():
            self._methods[ending.method].endings[ending] += count
        self._late = merge(self._late, late)
        self._consistency = add_counts(self._consistency, one.consistency)
        self._health.append(
            Health(
                late_p99_ms=late.at(99),
                late_max_ms=late.at(100),
                loop_lag_ms=one.loop_lag_us / 1e3,
                cpu_share=one.cpu_share,
                cpu_wait_share=one.cpu_wait_share,
                waiting=one.waiting,
                response_p99_ms=response.at(99),
            )
        )

    def _method_figures(self) -> tuple[MethodFigures, ...]:
        figures = [
            MethodFigures(name, dict(each.endings), read_latency(each.response), read_latency(each.service))
            for name, each in self._methods.items()
        ]
        return tuple(sorted(figures, key=lambda each: (-each.calls, each.method)))

    def _saturation(self) -> Saturation:
        return judge_saturation(self._health, self._late.at(99) or 0.0, self._about.workload == "open")


def add_counts(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    """Return two sets of counts as one."""
    merged = dict(one)
    for name, count in other.items():
        merged[name] = max(merged.get(name, count), count) if name.endswith(HIGHEST) else merged.get(name, 0) + count
    return merged


def _add_to_second(second: _Second, one: Slice, response: Sample, service: Sample, late: Sample) -> None:
    second.is_warmup = second.is_warmup and one.is_warmup
    second.offered += one.offered
    second.sent += one.sent
    second.answered += one.answered
    second.in_flight[one.process] = one.in_flight
    second.waiting[one.process] = one.waiting
    for ending, count in one.endings.items():
        second.endings[ending] += count
    second.response = merge(second.response, response)
    second.service = merge(second.service, service)
    second.late = merge(second.late, late)
    second.consistency = add_counts(second.consistency, one.consistency)
    for target, head in one.heads.items():
        second.heads[target] = max(second.heads.get(target, head), head)


def _figures_of(number: int, second: _Second) -> SecondFigures:
    kinds: dict[Kind, int] = {}
    for ending, count in second.endings.items():
        kinds[ending.kind] = kinds.get(ending.kind, 0) + count
    return SecondFigures(
        second=number,
        is_warmup=second.is_warmup,
        offered=second.offered,
        sent=second.sent,
        answered=second.answered,
        calls=sum(kinds.values()),
        failed=sum(count for kind, count in kinds.items() if kind not in GOOD),
        in_flight=sum(second.in_flight.values()),
        waiting=sum(second.waiting.values()),
        kinds=kinds,
        p50_ms=second.response.at(50),
        p99_ms=second.response.at(99),
        max_ms=second.response.at(100),
        service_p99_ms=second.service.at(99),
        consistency=dict(second.consistency),
        heads=dict(second.heads),
        late_p99_ms=second.late.at(99),
    )
