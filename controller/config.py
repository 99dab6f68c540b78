"""control.toml and alarms.toml, checked and resolved against a plant, once.

`PlantConfig` is everything `step` needs besides state and inputs: it never
changes during a run, and its hash is in the run's journal.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from controller.acceptance import Meaning
from controller.actuation import HandshakeTags
from controller.alarmspec import AlarmsSpec, Rule, causes_first, parse_alarms, rules_of
from controller.bypass import PROOF_ROLES, Proof
from controller.channels import calc_channels, is_input, layout
from controller.controlspec import ControlSpec
from controller.differences import Difference, differences_of
from controller.faultrules import LinkFaults, fault_rules, link_faults, one_by_one
from controller.historian.record import Channel
from controller.modes import LOOPS
from controller.points import NAN, Points, doubt_points, points_of
from controller.response import Patience
from controller.watched import watched
from models.combustion import FUELS, Fuel
from models.errors import UnknownTable
from models.fourstroke import FourStroke
from sensors.errors import ConfigError
from sensors.plantfile import MOST_DIGITS, Plant
from sensors.plantspec import PlantSpec
from sensors.strictfile import nearest, parse, read_toml
from sensors.tag import Tag, TagTable

# Signals whose moment is aligned with the CO2 analysers; order of the delay line.
ALIGNED = (
    "treated_flow",
    "quench_temperature",
    "absorber_pressure",
    "lean_flow",
    "lean_loading",
    "rich_loading",
    "mea_strength",
    "product_flow",
    "product_purity",
    "vent_flow",
)


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Expanded uncertainty (k = 2) of an instrument: rel * |value| + abs, never below `least`.

    A meter that reads zero is not certain of it.
    """

    rel: float
    abs: float
    least: float

    def of(self, value: float) -> float:
        """Return the uncertainty at a value, in the tag's unit; NaN of NaN."""
        u = self.rel * abs(value) + self.abs
        return self.least if u < self.least else u


UNBOUND: Final = Accuracy(NAN, NAN, NAN)  # of a role without a tag: nothing is known
RESOLUTION: Final = 5e-4  # of the range: twice the step of a 4-20 mA input of 12 bits


def _accuracy(tag: Tag) -> Accuracy:
    return Accuracy(tag.accuracy_rel, tag.accuracy_abs, RESOLUTION * (tag.hi - tag.lo))


@dataclass(frozen=True, slots=True, eq=False)
class PlantConfig:
    """A plant ready to be controlled: channels, limits, tuning, alarms.

    `read` are the table positions of the tags that are read, `written` the
    names of the tags that may be written, both in layout order; `calc` maps a
    calculated channel's name to its place in `Outputs.calc`; `engine_kg_h` is the exhaust
    of one engine at the load fractions `engine_load` with `fuel`, as on its test bed,
    `engine_co2_pct` the dry CO2 in it; `named_points` are the points that can be named
    as the cause of something, numbered from 1 by `hold_cause` and `missing_point`.
    """

    plant: Plant
    spec: PlantSpec
    control: ControlSpec
    table: TagTable
    points: Points
    layout: tuple[Channel, ...]
    read: NDArray[np.intp]
    written: tuple[str, ...]
    write_channels: NDArray[np.intp]
    bypass_tag: str
    bypass_proof: Proof
    calc: Mapping[str, int]
    handshake: HandshakeTags
    differences: tuple[Difference, ...]
    rules: tuple[Rule, ...]
    rule_by_id: Mapping[str, Rule]
    alarm_order: Mapping[str, int]
    faults: Mapping[int, Rule]
    fault_channels: NDArray[np.intp]
    link_faults: tuple[LinkFaults, ...]
    patience: tuple[Patience, ...]
    acceptance: Meaning
    reject_reasons: Mapping[int, str]
    alarm_texts: Mapping[str, str]
    links: tuple[tuple[str, int], ...]
    first_out: Mapping[int, str]
    engine_load: NDArray[np.float64]
    engine_kg_h: NDArray[np.float64]
    engine_co2_pct: NDArray[np.float64]
    named_points: tuple[str, ...]
    fuel: Fuel
    accuracy: Mapping[str, Accuracy]
    dead_time_ns: tuple[int, ...]
    config_hash: str

    def link_of(self, tag: str) -> str:
        """Return the link of a tag. Raises KeyError for one that the plant has not."""
        return self.table.tags[self.table.index[tag]].source.link

    def accuracy_of(self, role: str) -> Accuracy:
        """Return the accuracy of a role's instrument; NaN of everything where none is bound."""
        return self.accuracy.get(role, UNBOUND)


def configure(plant: Plant) -> PlantConfig:
    """Return the control configuration of a plant folder.

    Raises ConfigError naming file, key and remedy for anything wrong in
    control.toml or alarms.toml, or a role control cannot do without.
    """
    control = parse(ControlSpec, read_toml(plant.folder / "control.toml"), "control.toml")
    _consistent(control)
    _lost_in_time(control, plant.spec)
    alarms, table = parse_alarms(read_toml(plant.folder / "alarms.toml")), plant.tags
    differences, rules, columns = _compared(alarms, plant)
    calc = {c.name: i for i, c in enumerate(columns)}
    faults = fault_rules(alarms.sensor_fault, table, watched(table, rules), rules)
    lost = {n: [r for r in rules if r.signal == calc[f"link_{n}"]] for n in plant.links}
    groups = link_faults(alarms.sensor_fault, table, faults, lost)
    faults = one_by_one(faults, groups)
    ordered = causes_first((*rules, *(group.rule for group in groups), *faults.values()))
    engine, fuel = _engine(plant.spec.ship.engine), _fuel(plant.spec.ship.fuel)
    size = plant.spec.ship.engine_mcr_kW / engine.mcr_kW
    bed = engine.at(engine.load_frac, fuel=fuel)
    points = points_of(table, plant.spec.ship.engines)
    holds = tuple(dict.fromkeys(table.tags[c].name for c in doubt_points(points)))
    causes = _numbered(control.first_out, "first_out")
    _known_trips(alarms, causes)
    return PlantConfig(
        plant=plant,
        spec=plant.spec,
        control=control,
        table=table,
        points=points,
        layout=_layout(plant, control, causes, holds, differences),
        read=np.array([i for i, t in enumerate(table.tags) if is_input(t)], dtype=np.intp),
        written=tuple(t.name for t in table.setpoints),
        write_channels=np.array([table.index[t.name] for t in table.setpoints], dtype=np.intp),
        bypass_tag=next(t.name for t in table.setpoints if t.role == "bypass_request"),
        bypass_proof=_proof(table, plant.spec, control),
        calc=calc,
        handshake=_handshake(table),
        differences=differences,
        rules=tuple(rule for rule in ordered if rule.watches),  # the others have no file
        rule_by_id={rule.id: rule for rule in ordered},
        alarm_order={rule.id: i for i, rule in enumerate(ordered)},
        faults=faults,
        fault_channels=np.array(list(faults), dtype=np.intp),
        link_faults=groups,
        patience=_patience(control),
        acceptance=_acceptance(control, points),
        reject_reasons=_labels(table, "reject_reason"),
        alarm_texts={r.id: r.text for r in ordered},
        links=tuple((name, _first(plant, name)) for name in plant.links),
        first_out=causes,
        engine_load=engine.load_frac,
        engine_kg_h=3600.0 * size * bed.flow_kg_s,
        engine_co2_pct=100.0 * bed.gas.dry(bed.gas.co2),
        named_points=holds,
        fuel=fuel,
        accuracy={t.role: _accuracy(t) for t in table.tags if t.role},
        dead_time_ns=_dead_times(table),
        config_hash=plant.config_hash,
    )


def _acceptance(control: ControlSpec, points: Points) -> Meaning:
    """Return which bit of the PLC's word is which set-point."""
    said = control.setpoint_ok
    twice = next((name for name in said.bits if said.bits.count(name) > 1), "")
    if twice:
        raise ConfigError("control.toml", "setpoint_ok.bits", f"'{twice}' has two bits")
    bound = sum(1 << n for n, point in enumerate(points.setpoints()) if point is not None)
    return Meaning([LOOPS.index(name) - 1 for name in said.bits], bound, said.reject_clears)


def _labels(table: TagTable, role: str) -> Mapping[int, str]:
    channel = table.find(role)
    return {} if channel is None else dict(table.tags[channel].labels)


def _compared(
    alarms: AlarmsSpec, plant: Plant
) -> tuple[tuple[Difference, ...], tuple[Rule, ...], tuple[Channel, ...]]:
    """Return differences, alarm rules and calculated channels of a plant."""
    links = tuple(plant.links)
    own = {c.name: c for c in calc_channels(plant.spec, links)}
    differences, absent = differences_of(alarms.difference, plant.tags, own)
    columns = calc_channels(plant.spec, links, tuple(d.channel for d in differences))
    rules = rules_of(alarms, plant.tags, {c.name: c for c in columns}, absent)
    return differences, rules, columns


def _patience(control: ControlSpec) -> tuple[Patience, ...]:
    """Return the patience with each set-point, in their fixed order."""
    r = control.response
    return tuple(Patience(r.near, r.progress, seconds) for seconds in r.setpoints())


def _dead_times(table: TagTable) -> tuple[int, ...]:
    """Return the dead time of each aligned role, then that of the CO2 analysers, ns."""
    roles = (*ALIGNED, "co2_in", "co2_out")
    channels = [table.find(role) for role in roles]
    return tuple(0 if c is None else int(table.tags[c].dead_time_s * 1e9) for c in channels)


def _layout(
    plant: Plant,
    control: ControlSpec,
    causes: Mapping[int, str],
    points: tuple[str, ...],
    differences: Sequence[Difference],
) -> tuple[Channel, ...]:
    """Return the columns; a person's target has the range that control allows it.

    First-out and named points have the plant's words, so that a reader of the journal needs no
    plant folder.
    """
    names = {0: "none", **dict(enumerate(points, start=1))}
    apart = [d.channel for d in differences]
    low, high = control.target.min_pct, control.target.max_pct
    known: dict[str, dict[str, Any]] = {
        "target_pct": {"lo": low, "hi": high},
        "trip_first_out": {"labels": dict(causes)},
        "hold_cause": {"labels": names},
        "missing_point": {"labels": names},
    }
    return tuple(replace(c, **known.get(c.name, {})) for c in layout(plant, apart))


def _consistent(control: ControlSpec) -> None:
    target, steam, duty = control.target, control.steam, control.duty
    for key, low, high in (
        ("target.capture_pct", target.min_pct, target.capture_pct),
        ("target.max_pct", target.capture_pct, target.max_pct),
        ("steam.header_full_barg", steam.header_none_barg, steam.header_full_barg),
        ("duty.initial_GJ_t", duty.min_GJ_t, duty.initial_GJ_t),
        ("duty.max_GJ_t", duty.initial_GJ_t, duty.max_GJ_t),
    ):
        if low > high:
            raise ConfigError("control.toml", key, f"{high:g} is below {low:g}")


def _lost_in_time(control: ControlSpec, spec: PlantSpec) -> None:
    """Refuse to believe in a lease for longer than the PLC keeps it without a heartbeat."""
    believed_s, kept_s = control.lease.lost_after_s, spec.lease.timeout_s
    if believed_s > kept_s:
        problem = f"{believed_s:g} s is above lease.timeout_s of plant.toml, {kept_s:g} s"
        remedy = f"the PLC has the rig by then: write {kept_s:g} or less"
        raise ConfigError("control.toml", "lease.lost_after_s", problem, remedy)


def _numbered(labels: Mapping[str, str], where: str) -> dict[int, str]:
    for key in labels:
        if not key.isdecimal() or len(key) > MOST_DIGITS:
            raise ConfigError("control.toml", f"{where}.{key}", "the key must be a number")
    return {int(k): v for k, v in labels.items()}


def _known_trips(alarms: AlarmsSpec, causes: Mapping[int, str]) -> None:
    for alarm in alarms.alarm:
        for number in alarm.trip_causes:
            if number not in causes:
                where = f"alarm {alarm.id}.trip_causes"
                problem = f"{number} is no number of first_out in control.toml"
                known = ", ".join(str(n) for n in sorted(causes))
                raise ConfigError("alarms.toml", where, problem, f"known: {known}")


def _first(plant: Plant, link: str) -> int:
    """Return the point that tells of a link, none of those that a bypass reads elsewhere."""
    tags = enumerate(plant.tags.tags)
    read = [(t, i) for i, t in tags if t.source.link == link and is_input(t)]
    for _, i in sorted(read, key=lambda found: found[0].role in PROOF_ROLES):
        return i
    raise ConfigError("tags.toml", f"link.{link}", "no tag is read over this link", "remove it")


def _engine(name: str) -> FourStroke:
    try:
        return FourStroke.load(name)
    except UnknownTable as error:
        raise ConfigError("plant.toml", "ship.engine", str(error)) from None


def _fuel(name: str) -> Fuel:
    if name not in FUELS:
        raise ConfigError("plant.toml", "ship.fuel", f"no fuel '{name}'", nearest(name, FUELS))
    return FUELS[name]


# Of the range: there a differential-pressure meter has 0.25 % of its differential pressure,
# which is what such transmitters are accurate to; ISO 5167 meters are not used below.
NO_FLOW: Final = 0.05


def _proof(table: TagTable, spec: PlantSpec, control: ControlSpec) -> Proof:
    """Return what a bypass is judged by; a flow below the meter's own doubt is no flow."""
    flow = table.find("treated_flow")
    none_kg_h = 0.0
    if flow is not None:
        tag = table.tags[flow]
        none_kg_h = max(_accuracy(tag).of(0.0), NO_FLOW * (tag.hi - tag.lo))
    return Proof(
        run_down_s=spec.bypass.run_down_s,
        no_flow_kg_h=none_kg_h,
        latch_bit=control.unit.bypass_permissive_bit,
        has_word=table.find("bypass_active") is not None,
    )


def _handshake(table: TagTable) -> HandshakeTags:
    def name(role: str) -> str:
        found = table.find(role)
        return "" if found is None else table.tags[found].name

    return HandshakeTags(
        beat=name("pc_heartbeat"),
        sequence=name("write_sequence"),
        owner=name("owner_id"),
        lease=name("lease_request"),
        unit=name("unit_request"),
        alarm=name("common_alarm_out"),
        healthy=name("watchdog_out"),
        call=name("engineer_call_out"),
    )
