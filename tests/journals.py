"""Runs, channels and records for tests of whatever keeps them."""

import numpy as np

from controller.historian.record import Channel, Event, Record, Run

SECOND_NS = 1_000_000_000
NOON_NS = 1_390_564_800 * SECOND_NS  # 2014-01-24T12:00:00Z

CHANNELS = (
    Channel("AT-101", "vol%", "in", "CO2 in, dry", 0.0, 20.0, (4.0, 8.0), role="co2_in"),
    Channel("HS-PC-UNIT", "", "in", "Unit state", labels={0: "OFF", 3: "CAPTURE"}),
    Channel("capture_best_pct", "%", "calc", "Capture of treated gas", 0.0, 100.0),
    Channel("FIC-401.SP", "kg/h", "out", "Lean flow set-point", 0.0, 32000.0),
)


def a_run(name: str = "r1", kind: str = "live") -> Run:
    assert kind in ("live", "bench", "replay")
    return Run(name, kind, "demo", "sha", "0.1.0", None, NOON_NS)  # type: ignore[arg-type]


def a_record(seq: int, t_ns: int | None = None, n: int = len(CHANNELS)) -> Record:
    """Return a record whose every array tells its seq."""
    rng = np.random.default_rng(seq)
    value = rng.normal(size=n)
    value[1:2], value[3:] = seq % 9, np.nan
    return Record(
        seq,
        NOON_NS + seq * SECOND_NS if t_ns is None else t_ns,
        seq * SECOND_NS,
        1,
        value,
        rng.integers(0, 3, n).astype(np.uint8),
        rng.integers(0, 2, n).astype(np.uint32) << np.uint32(18),
        rng.integers(0, 200_000, n).astype(np.int32),
    )


def an_event(seq: int, state: str = "ACTIVE", source: str = "link_lost") -> Event:
    return Event(
        seq,
        NOON_NS + seq * SECOND_NS,
        "alarm",
        source,
        state,
        "A link is lost.",
        2,
        data={"n": seq},
    )


def same(a: Record, b: Record) -> bool:
    """Return whether two records are equal to the bit."""
    heads = (a.seq, a.t_ns, a.mono_ns, a.clock_ok) == (b.seq, b.t_ns, b.mono_ns, b.clock_ok)
    pairs = ((a.value, b.value), (a.quality, b.quality), (a.reason, b.reason), (a.age_ms, b.age_ms))
    return heads and all(x.dtype == y.dtype and x.tobytes() == y.tobytes() for x, y in pairs)
