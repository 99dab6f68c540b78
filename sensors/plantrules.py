"""Rules of a plant folder that need more than one key: units, roles, overlaps.

`check_tag` looks at one tag, `check_plant` at all of them together with
plant.toml.  Both raise ConfigError and change nothing.
"""

from collections.abc import Sequence
from typing import Final

from sensors.codec import WIDTH
from sensors.errors import ConfigError
from sensors.linkspec import LinkSpec
from sensors.plantspec import PlantSpec
from sensors.roles import UNIT_OF_ROLE, UNITS
from sensors.strictfile import nearest
from sensors.tag import ModbusSource, OpcuaSource, Tag

_TAGS: Final = "tags.toml"


_INTEGER_SPAN: Final[dict[str, tuple[float, float]]] = {
    "int16": (-32768, 32767),
    "uint16": (0, 65535),
    "int32": (-(2**31), 2**31 - 1),
    "uint32": (0, 2**32 - 1),
}

# Without these nothing can be supervised: handshake, set-points, and what the
# capture balance and the two loops need.
REQUIRED_ROLES: Final = (
    "plc_heartbeat",
    "identity",
    "lease_owner",
    "sequence_ack",
    "remote_key",
    "unit_state",
    "trip_word",
    "first_out",
    "reject_reason",
    "bypass_active",
    "pc_heartbeat",
    "write_sequence",
    "owner_id",
    "lease_request",
    "unit_request",
    "bypass_request",
    "lean_flow_sp",
    "steam_flow_sp",
    "lean_temperature_sp",
    "stripper_pressure_sp",
    "lean_flow",
    "steam_flow",
    "reboiler_temperature",
    "treated_flow",
    "co2_in",
    "co2_out",
)
PER_ENGINE_ROLES: Final = ("engine_back_pressure", "engine_running", "engine_power")


def check_tag(tag: Tag, where: str) -> None:
    """Raise ConfigError when a tag contradicts itself, its role or its wire."""

    def wrong(key: str, problem: str, remedy: str = "") -> ConfigError:
        return ConfigError(_TAGS, f"{where}.{key}", problem, remedy)

    if tag.unit not in UNITS:
        raise wrong("unit", f"unknown unit '{tag.unit}'", _other_unit(tag.unit))
    if tag.role is not None:
        if tag.role not in UNIT_OF_ROLE:
            raise wrong("role", f"unknown role '{tag.role}'", nearest(tag.role, UNIT_OF_ROLE))
        unit = UNIT_OF_ROLE[tag.role]
        if tag.unit != unit:
            raise wrong("unit", f"'{tag.unit}' is not the unit of role {tag.role}", f"use '{unit}'")
    if not tag.lo < tag.hi:
        raise wrong("range", f"{tag.lo:g} is not below {tag.hi:g}", "write [low, high]")
    if tag.normal and not tag.lo <= tag.normal[0] < tag.normal[1] <= tag.hi:
        low, high = tag.normal
        raise wrong("normal", f"[{low:g}, {high:g}] is outside the range [{tag.lo:g}, {tag.hi:g}]")
    if any(not tag.lo <= number <= tag.hi for number, _ in tag.labels):
        raise wrong("labels", f"a label is outside the range [{tag.lo:g}, {tag.hi:g}]")
    if tag.kind == "enum" and not tag.labels:
        raise wrong("labels", "is missing for a tag of kind enum")
    if isinstance(tag.source, ModbusSource):
        _check_register(tag, tag.source, where)


def _other_unit(unit: str) -> str:
    """Return the remedy for an unknown unit: all known ones, for 'degF' is no misspelt 'deg'."""
    same = [known for known in UNITS if known.lower() == unit.lower()]
    if same:
        return f"did you mean '{same[0]}'?"
    return f"known units: {', '.join(sorted(filter(None, UNITS)))}"


def _check_register(tag: Tag, source: ModbusSource, where: str) -> None:
    def wrong(key: str, problem: str, remedy: str = "") -> ConfigError:
        return ConfigError(_TAGS, f"{where}.source.{key}", problem, remedy)

    bits = source.table in ("coil", "discrete")
    if bits != (source.type == "bool"):
        raise wrong("type", f"{source.type} cannot live in table {source.table}")
    if bits != (tag.kind == "bool"):
        raise wrong("table", f"a tag of kind {tag.kind} cannot live in table {source.table}")
    if tag.direction == "setpoint" and source.table in ("input", "discrete"):
        raise wrong("table", f"a set-point cannot be written to table {source.table}")
    if source.words == "little" and WIDTH[source.type] == 1:
        raise wrong("words", f"{source.type} has one word only")
    if source.scale == 0.0:
        raise wrong("scale", "must not be 0")
    if source.ne43 and (source.type != "uint16" or source.scale != 1.0 or source.offset != 0.0):
        raise wrong("ne43", "a loop current is uint16 in microampere without scale and offset")
    if source.address + WIDTH[source.type] > 65536:
        raise wrong("address", f"{source.type} at {source.address} runs past register 65535")
    if source.type in _INTEGER_SPAN and not source.ne43:
        low, high = _INTEGER_SPAN[source.type]
        ends = sorted((limit - source.offset) / source.scale for limit in (tag.lo, tag.hi))
        if ends[0] < low - 0.5 or ends[1] > high + 0.5:
            raise ConfigError(
                _TAGS,
                f"{where}.range",
                f"[{tag.lo:g}, {tag.hi:g}] does not fit into {source.type} "
                f"with scale {source.scale:g}",
            )


def check_on_link(tag: Tag, link: LinkSpec, where: str) -> None:
    """Raise ConfigError when a tag asks of its link what that cannot do."""

    def wrong(key: str, problem: str, remedy: str = "") -> ConfigError:
        return ConfigError(_TAGS, f"{where}.source.{key}", problem, remedy)

    source, written = tag.source, tag.direction == "setpoint"
    if isinstance(source, OpcuaSource):
        if written and source.element is not None:
            raise wrong("element", "a set-point cannot be an element of an array")
        if source.deadband is not None and (
            link.subscribe_s is None or tag.scan_s < link.subscribe_s
        ):
            problem = f"only a subscribed point has one: scan_s {tag.scan_s:g} is polled"
            raise wrong("deadband", problem, f"see subscribe_s of link {link.name}")
    elif written and link.writes == "single" and WIDTH[source.type] > 1:
        problem = f"{source.type} takes {WIDTH[source.type]} registers, which single writes tear"
        raise wrong("type", problem, "use a 16-bit type, or another 'writes' of the link")


def check_plant(spec: PlantSpec, tags: Sequence[Tag]) -> None:
    """Raise ConfigError for what only the whole folder can show."""
    _check_names(tags)
    _check_overlaps(tags)
    _check_bindings(tags)
    _check_readbacks(tags)
    _check_required(spec, tags)
    _check_limits(spec, tags)


def _check_names(tags: Sequence[Tag]) -> None:
    seen: set[str] = set()
    for tag in tags:
        if tag.name in seen:
            raise ConfigError(_TAGS, f"tag {tag.name}.name", "is used twice")
        seen.add(tag.name)


def _check_overlaps(tags: Sequence[Tag]) -> None:
    taken: dict[tuple[str, str, int], str] = {}
    nodes: dict[tuple[str, str, int | None], str] = {}
    for tag in tags:
        source = tag.source
        if not isinstance(source, ModbusSource):
            other = nodes.setdefault((source.link, source.node, source.element), tag.name)
            if other != tag.name:
                key = f"tag {tag.name}.source.node"
                raise ConfigError(_TAGS, key, f"'{source.node}' already belongs to {other}")
            continue
        for address in range(source.address, source.address + WIDTH[source.type]):
            other = taken.setdefault((source.link, source.table, address), tag.name)
            if other != tag.name:
                raise ConfigError(
                    _TAGS,
                    f"tag {tag.name}.source.address",
                    f"{source.table} register {address} already belongs to {other}",
                )


def _check_bindings(tags: Sequence[Tag]) -> None:
    bound: dict[tuple[str, int, str], str] = {}
    for tag in tags:
        if tag.role is None:
            continue
        other = bound.setdefault((tag.role, tag.index, tag.witness), tag.name)
        if other != tag.name:
            raise ConfigError(
                _TAGS,
                f"tag {tag.name}.role",
                f"'{tag.role}' is already bound to {other}",
                "give one of them another index or a witness",
            )


def _check_readbacks(tags: Sequence[Tag]) -> None:
    writable = {t.name: t for t in tags if t.direction == "setpoint"}
    for tag in tags:
        key = f"tag {tag.name}.readback_of"
        if (tag.direction == "readback") != (tag.readback_of is not None):
            raise ConfigError(_TAGS, key, "goes together with direction = 'readback'")
        if tag.readback_of is None:
            continue
        target = writable.get(tag.readback_of)
        if target is None:
            remedy = nearest(tag.readback_of, writable)
            raise ConfigError(_TAGS, key, f"'{tag.readback_of}' is not a set-point", remedy)
        if target.unit != tag.unit:
            raise ConfigError(_TAGS, key, f"unit '{tag.unit}' differs from '{target.unit}'")


def _check_required(spec: PlantSpec, tags: Sequence[Tag]) -> None:
    roles = {t.role for t in tags}
    for role in REQUIRED_ROLES:
        if role not in roles:
            raise ConfigError(_TAGS, "role", f"no tag is bound to role '{role}'", "bind one")
    bound = {(t.role, t.index) for t in tags}
    for role in PER_ENGINE_ROLES:
        for engine in range(1, spec.ship.engines + 1):
            if (role, engine) not in bound:
                problem = f"no tag is bound to role '{role}' of engine {engine}"
                raise ConfigError(_TAGS, "role", problem, "plant.toml has ship.engines engines")


def _check_limits(spec: PlantSpec, tags: Sequence[Tag]) -> None:
    limits = {
        "lean_flow_sp": (spec.solvent.min_flow_kg_h, spec.solvent.max_flow_kg_h),
        "steam_flow_sp": (0.0, spec.reboiler.max_steam_kg_h),
        "stripper_pressure_sp": (spec.stripper.min_pressure_kPa, spec.stripper.max_pressure_kPa),
        "treated_flow_sp": (spec.gas.min_flow_kg_h, spec.gas.max_flow_kg_h),
    }
    for tag in tags:
        low, high = limits.get(tag.role or "", (tag.lo, tag.hi))
        if tag.lo < low or tag.hi > high:
            raise ConfigError(
                _TAGS,
                f"tag {tag.name}.range",
                f"[{tag.lo:g}, {tag.hi:g}] is outside the limits [{low:g}, {high:g}] of plant.toml",
            )
