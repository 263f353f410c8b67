"""The report of a soak, as text."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from tools.soak.gauges import Gauge
from tools.soak.observed import Arrived, Fault, Observation, Took, Walk
from tools.soak.oracle import Oracle

_SHOWN: Final = 20
_SHOWN_CHARACTERS: Final = 600
_MINUTE: Final = 60

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Report:
    """One log: how it was written, what was measured, what was asked, and what was wrong."""

    mode: str
    seconds: float
    began: float
    oracle: Oracle
    gauges: Sequence[Gauge]
    written: Sequence[Observation]
    rested: Sequence[Observation]
    verified: str
    faults: Sequence[Fault]

    def lines(self) -> Iterator[str]:
        """Yield the lines of the report."""
        oracle = self.oracle
        yield (
            f"== {self.mode}: {oracle.acknowledged:,} of {oracle.offered:,} events acknowledged "
            f"in {self.seconds:.0f} s, {oracle.acknowledged / self.seconds:.0f} events/s"
        )
        yield from self._gauge_lines()
        yield from self._latency_lines()
        shown = Counter(type(each).__name__ for each in (*self.written, *self.rested))
        yield f"judged: {shown['Total']} totals, {shown['Walk']} walks of {self._rows():,} rows"
        arrivals = [each for each in self.written if isinstance(each, Arrived)]
        yield f"the tail was at most {oracle.tail_lag(arrivals):,} events behind"
        yield f"verify: {self.verified}"
        yield from self._fault_lines()

    def _rows(self) -> int:
        walks = (each for each in (*self.written, *self.rested) if isinstance(each, Walk))
        return sum(len(page) for walk in walks for page in walk.pages)

    def _gauge_lines(self) -> Iterator[str]:
        names = sorted({name for gauge in self.gauges for name in gauge.resident_mb})
        memory = "".join(f"{name + ' MB':>13}" for name in names)
        heads = f"{'s':>5} {'events/s':>9} {'folded/s':>9} {'young rows':>11} {'events':>8}"
        yield f"{heads} {'KB':>7}{memory}"
        for before, gauge in pairwise(self.gauges):
            yield _gauge_line(before, gauge, names)
        for name, at in (("after a minute", _MINUTE), ("when writing ended", self.seconds)):
            gauge = min(self.gauges, key=lambda each: abs(each.seconds - at))
            yield f"young {name} ({gauge.seconds:.0f} s): {_young(gauge)}; {_memory(gauge)}"
        yield f"young at rest ({self.gauges[-1].seconds:.0f} s): {_young(self.gauges[-1])}"

    def _latency_lines(self) -> Iterator[str]:
        written, rested = _taken(self.written), _taken(self.rested)
        head = f"{'n':>6} {'p50':>6} {'p90':>6} {'p99':>7} {'max':>7} {'units':>7}"
        yield f"{'ms, and median read units':<38}   written: {'at rest:':>44}"
        yield f"{'':<38} {head} {head}"
        for key in sorted(written | rested):
            columns = (_quantiles(written.get(key)), _quantiles(rested.get(key)))
            yield f"{' '.join(key):<38} {columns[0]:<45} {columns[1]}"

    def _fault_lines(self) -> Iterator[str]:
        if not self.faults:
            yield "nothing was wrong"
            return
        yield f"{len(self.faults)} FINDINGS, by question:"
        counted = Counter((fault.asked.family, fault.asked.what) for fault in self.faults)
        for (family, what), number in counted.most_common():
            yield f"  {number:>5} {family} {what}"
        yield f"the first {min(_SHOWN, len(self.faults))}, by when they were asked:"
        for fault in sorted(self.faults, key=lambda each: each.asked.began)[:_SHOWN]:
            asked = fault.asked
            at = f"{asked.began - self.began:.1f} to {asked.ended - self.began:.1f} s"
            yield f"  {asked.family} {asked.what}, {at}: {fault.text[:_SHOWN_CHARACTERS]}"


def _gauge_line(before: Gauge, gauge: Gauge, names: Sequence[str]) -> str:
    seconds = max(0.001, gauge.seconds - before.seconds)
    written = (gauge.acknowledged - before.acknowledged) / seconds
    folded = (gauge.folded - before.folded) / seconds
    young = gauge.young
    memory = "".join(f"{gauge.resident_mb.get(name, 0):>13,}" for name in names)
    return (
        f"{gauge.seconds:>5.0f} {written:>9.0f} {folded:>9.0f} {young.rows:>11,} "
        f"{young.events:>8,} {young.bytes / 1000:>7,.0f}{memory}"
    )


def _young(gauge: Gauge) -> str:
    young = gauge.young
    return f"{young.rows:,} rows, {young.events:,} events, {young.bytes:,} bytes"


def _memory(gauge: Gauge) -> str:
    return ", ".join(f"{name} {size:,} MB" for name, size in sorted(gauge.resident_mb.items()))


def _taken(observations: Sequence[Observation]) -> dict[Key, list[Took]]:
    taken = defaultdict[Key, list[Took]](list)
    for each in observations:
        if isinstance(each, Took):
            taken[each.asked.family, each.asked.what].append(each)
    return dict(taken)


def _quantiles(taken: Sequence[Took] | None) -> str:
    if not taken:
        return ""
    ms = sorted(1000 * (each.asked.ended - each.asked.began) for each in taken)
    units = sorted(each.units for each in taken if each.units is not None)
    p50, p90, p99 = (ms[min(len(ms) - 1, int(len(ms) * part))] for part in (0.5, 0.9, 0.99))
    middle = f"{units[len(units) // 2]:.1f}" if units else "-"
    return f"{len(ms):>6} {p50:>6.0f} {p90:>6.0f} {p99:>7.0f} {ms[-1]:>7.0f} {middle:>7}"
