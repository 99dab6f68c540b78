"""The shape of plant.toml and tags.toml. Attribute names equal the TOML keys.

Units are in the names; bounds stand beside the option.  Rules that need more
than one table (overlaps, roles, limits) are in `sensors.plantrules`.

Data sheet, for people and reports: changes nothing, in control or in the simulator, whose
columns are its own.  That is all of `Absorber` and what is marked so in other tables.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import Field, field_validator, model_validator

from sensors.strictfile import Strict
from sensors.tag import Direction, Kind, Table, WireType, node_problem

LARGEST = 1e12  # of any quantity of a plant: what is computed from it stays a number
Positive = Annotated[float, Field(gt=0, le=LARGEST)]
NonNegative = Annotated[float, Field(ge=0, le=LARGEST)]
Percent = Annotated[float, Field(ge=0, le=100)]


class Ordered(Strict):
    """A table some of whose values must rise in the order of `ASCENDING`."""

    ASCENDING: ClassVar[tuple[str, ...]] = ()

    @model_validator(mode="after")
    def _order(self) -> Self:
        for low, high in pairwise(self.ASCENDING):
            below, above = getattr(self, low), getattr(self, high)
            if below > above:
                raise ValueError(
                    f"{low} {below:g} is above {high} {above:g}: "
                    f"the order must be {' <= '.join(self.ASCENDING)}"
                )
        return self


class About(Strict):
    """[plant]: what this rig is."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$")]
    title: str
    text: str = ""
    flow_scheme: Literal["slip", "full"]
    solvent: Literal["MEA"]
    mea_wt_pct: Annotated[float, Field(ge=10, le=50)]


class Gas(Ordered):
    """[gas]: treated exhaust flow."""

    ASCENDING = ("min_flow_kg_h", "design_flow_kg_h", "max_flow_kg_h")

    design_flow_kg_h: Positive
    min_flow_kg_h: Positive
    max_flow_kg_h: Positive
    available_fraction: Annotated[float, Field(gt=0, le=1)] = 0.9


class Absorber(Strict):
    """[absorber]: geometry; data sheet."""

    diameter_m: Positive
    height_m: Positive
    beds: Annotated[int, Field(ge=1, le=6)]
    packing: str


class Solvent(Ordered):
    """[solvent]: lean flow and temperature."""

    ASCENDING = ("min_flow_kg_h", "design_flow_kg_h", "max_flow_kg_h")

    design_flow_kg_h: Positive
    min_flow_kg_h: Positive
    max_flow_kg_h: Positive
    lean_temperature_degC: Annotated[float, Field(ge=20, le=60)]


class Stripper(Ordered):
    """[stripper]: geometry (data sheet) and pressure, absolute."""

    ASCENDING = ("min_pressure_kPa", "pressure_kPa", "max_pressure_kPa")

    diameter_m: Positive
    height_m: Positive
    pressure_kPa: Positive
    min_pressure_kPa: Positive
    max_pressure_kPa: Positive


class Reboiler(Ordered):
    """[reboiler]: duty (data sheet), steam and temperature limits."""

    ASCENDING = ("max_temperature_degC", "trip_temperature_degC")
    GONE = frozenset({"steam_pressure_barg"})

    design_duty_kW: Positive
    max_steam_kg_h: Positive
    max_temperature_degC: Annotated[float, Field(ge=100, le=140)]
    trip_temperature_degC: Annotated[float, Field(ge=100, le=145)]


class Product(Ordered):
    """[product]: liquefier and LCO2 tank."""

    ASCENDING = ("tank_high_pct", "tank_trip_pct")
    GONE = frozenset({"tank_pressure_barg"})

    liquefier_max_kg_h: Positive
    tank_capacity_t: Positive
    tank_start_pct: Percent
    tank_high_pct: Percent
    tank_trip_pct: Percent


class Ship(Strict):
    """[ship]: engines, electric load, heat."""

    GONE = frozenset({"auxiliary_mcr_kW", "drum_pressure_barg"})

    engines: Annotated[int, Field(ge=1, le=8)]
    engine_mcr_kW: Positive
    engine: str
    hotel_power_kW: NonNegative
    ship_heat_kW: NonNegative = 500.0
    boiler_exit_degC: Annotated[float, Field(ge=100, le=300)]
    fuel: str
    scrubber_so2_removal: Annotated[float, Field(ge=0, le=1)] = 0.0

    @model_validator(mode="before")
    @classmethod
    def _renamed(cls, given: object) -> object:
        """Say what became of a key that folders of earlier versions hold."""
        if isinstance(given, Mapping) and "engine_table" in given:
            raise ValueError(
                'engine_table is gone: write engine = "6L46B" (the shop test, '
                "without the 4stroke_ in front)"
            )
        return given


class BackPressure(Ordered):
    """[back_pressure]: limits at each engine; no trip above what its maker allows."""

    ASCENDING = ("high_mbar", "high_high_mbar", "maker_limit_mbar")
    GONE = frozenset({"provisional"})

    high_mbar: Positive
    high_high_mbar: Positive
    maker_limit_mbar: Positive


class Lease(Strict):
    """[lease]: what the PLC does when the heartbeat stops."""

    timeout_s: Annotated[float, Field(ge=1, le=5)]
    hold_s: Annotated[float, Field(ge=0, le=600)]


class Bypass(Strict):
    """[bypass]: the longest time from a press to a stopped blower and no flow."""

    run_down_s: Annotated[float, Field(ge=1, le=600)]


class PlantSpec(Strict):
    """plant.toml."""

    plant: About
    gas: Gas
    absorber: Absorber
    solvent: Solvent
    stripper: Stripper
    reboiler: Reboiler
    product: Product
    ship: Ship
    back_pressure: BackPressure
    lease: Lease
    bypass: Bypass

    @model_validator(mode="before")
    @classmethod
    def _bypass_is_measured(cls, given: object) -> object:
        """Say what a folder of an earlier version lacks: there is no number for every blower."""
        if isinstance(given, Mapping) and "lease" in given and "bypass" not in given:
            raise ValueError(
                "[bypass] is missing: write run_down_s = the longest time in s from a press of "
                "bypass to a stopped blower without flow"
            )
        return given


class AccuracySpec(Strict):
    """accuracy = { rel, abs }, expanded uncertainty, k = 2."""

    rel: NonNegative = 0.0
    abs: NonNegative = 0.0


class SourceSpec(Strict):
    """source = { link, ... }: a register or a node."""

    link: str
    table: Table | None = None
    address: Annotated[int, Field(ge=0, le=65535)] | None = None
    type: WireType | None = None
    words: Literal["big", "little"] | None = None
    scale: float | None = None
    offset: float | None = None
    ne43: bool = False
    node: str | None = None
    element: Annotated[int, Field(ge=0, le=65535)] | None = None
    deadband: NonNegative | None = None

    @field_validator("type", mode="before")
    @classmethod
    def _is_no_other_width(cls, given: object) -> object:
        """Say that there is none, where the nearest name would be of another width."""
        if given in ("int64", "uint64", "int8", "uint8", "bcd", "string"):
            known = ", ".join(get_args(WireType))
            raise ValueError(f"{given} is not supported; there are {known}")
        return given

    @field_validator("node")
    @classmethod
    def _is_a_node_id(cls, node: str | None) -> str | None:
        if node is not None and (problem := node_problem(node)):
            raise ValueError(problem)
        return node


class TagSpec(Strict):
    """One [[tag]]."""

    name: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9.-]*$")]
    text: str
    unit: str
    kind: Kind
    range: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    accuracy: AccuracySpec = AccuracySpec()
    scan_s: Annotated[float, Field(gt=0, le=86_400)] = 1.0
    dead_time_s: Annotated[float, Field(ge=0, le=3600)] = 0.0
    flatline_s: Annotated[float, Field(gt=0, le=2_592_000)] | None = None
    rate_max: Positive | None = None
    direction: Direction = "in"
    readback_of: str | None = None
    role: str | None = None
    index: Annotated[int, Field(ge=0)] = 0
    witness: str = ""
    normal: Annotated[list[float], Field(min_length=2, max_length=2)] | None = None
    source: SourceSpec
