"""A cycle as one journal record, and a record as the inputs it came from.

The record holds everything a cycle read, so that `inputs_of(record_of(x))`
gives the same decisions again: drivers' own reasons are those the checks did
not add; the shell's own figures are calculated channels; requests come from
the journal's command events.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from controller.config import PlantConfig
from controller.historian.record import Event, Record
from controller.types import Command, Health, Inputs, Outputs, Written
from sensors.image import Image
from sensors.quality import CHECK_MASK, Quality, Reason

_UNSET = np.uint32(Reason.UNSET)
_DRIVER = np.uint32(0xFFFFFFFF & ~CHECK_MASK)


def sent_values(plant: PlantConfig, outputs: Outputs) -> dict[str, float]:
    """Return what is to be written by tag name, the bypass bit included."""
    sent = dict(outputs.write)
    if outputs.bypass:
        sent[plant.bypass_tag] = 1.0
    return sent


def record_of(
    plant: PlantConfig,
    inputs: Inputs,
    outputs: Outputs,
    sent: Mapping[str, float],
    mono_ns: int,
    clock_ok: bool = True,
) -> Record:
    """Return the record of a cycle in layout order: in, calc, out (NaN: not written)."""
    image, read, names = outputs.checked, plant.read, plant.written
    out = np.array([sent.get(name, np.nan) for name in names])
    known = out == out
    n = len(outputs.calc) + len(names)
    return Record(
        seq=inputs.seq,
        t_ns=inputs.t_ns,
        mono_ns=mono_ns,
        clock_ok=int(clock_ok),
        value=np.concatenate((image.value[read], outputs.calc, out)),
        quality=np.concatenate(
            (image.quality[read], outputs.calc_quality, known * np.uint8(Quality.GOOD))
        ),
        reason=np.concatenate((image.reason[read], outputs.calc_reason, ~known * _UNSET)),
        age_ms=np.concatenate((image.age_ms[read], np.zeros(n, dtype=np.int32))),
    )


def inputs_of(record: Record, commands: Sequence[Command], plant: PlantConfig) -> Inputs:
    """Return what the recorded cycle read; `record` in the layout of `plant`."""
    n, read = len(plant.table), plant.read
    value, age = np.full(n, np.nan), np.zeros(n, dtype=np.int32)
    reason = np.full(n, _UNSET, dtype=np.uint32)
    value[read], age[read] = record.value[: len(read)], record.age_ms[: len(read)]
    reason[read] = record.reason[: len(read)] & _DRIVER
    calc = record.value[len(read) :]

    def of(name: str) -> float:
        return float(calc[plant.calc[name]])

    mask = int(of("write_refused"))
    refused = tuple((tag, "") for i, tag in enumerate(plant.written) if mask >> i & 1)
    return Inputs(
        seq=record.seq,
        t_ns=record.t_ns,
        dt_ns=round(of("dt_ms") * 1e6),
        raw=Image.of(plant.table, record.t_ns, value, reason, age),
        commands=tuple(commands),
        written_last=Written(bool(of("write_ok")), refused),
        health=Health(
            of("cycle_ms"),
            int(of("overruns")),
            bool(of("journal_fault")),
            bool(of("copy_refused")),
            of("journal_used_pct"),
            bool(of("certificate_ending")),
            bool(of("inbox_deaf")),
            bool(of("journal_damaged")),
        ),
        owner_id=int(of("owner_id")),
        nonce=int(of("start_nonce")),
    )


def command_of(event: Event) -> Command:
    """Return the request a command verdict in the journal answered."""
    data = event.data
    return Command(int(data["id"]), str(data["kind"]), event.by, int(data["t_ns"]), data["args"])


def is_request(event: Event) -> bool:
    """Return whether an event is the verdict on a request, and holds all of it."""
    asked = event.kind == "command" and event.state in ("ACCEPTED", "REFUSED")
    return asked and event.data.keys() >= {"id", "kind", "t_ns", "args"}
