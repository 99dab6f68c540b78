"""The shape of control.toml. Attribute names equal the TOML keys; units in the names."""

from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field

from sensors.plantspec import NonNegative, Percent, Positive
from sensors.strictfile import Strict

_OWN_NUMBER: Final = (
    "remove it: each installation makes its own number, kept in its state directory"
)
SetpointName = Literal["lean", "steam", "treated", "lean_t", "pressure"]
Share = Annotated[float, Field(gt=0, le=1)]


class LeaseSpec(Strict):
    """[lease]: how this controller asks for the rig."""

    MOVED: ClassVar = {
        "owner_id": ("is gone: PCs with copies of this file would share it", _OWN_NUMBER)
    }

    ask_again_s: Annotated[float, Field(ge=1, le=600)]
    lost_after_s: Annotated[float, Field(ge=1, le=60)]
    disarm_after_s: Annotated[float, Field(ge=10, le=86_400)] = 900.0


class UnitSpec(Strict):
    """[unit]: when to ask for HOLD and when to come back."""

    auto_reentry: bool
    bad_input_hold_s: Positive
    bad_input_return_s: Positive
    bypass_permissive_bit: Annotated[int, Field(ge=0, le=15)]
    trip_permissive_bit: Annotated[int, Field(ge=0, le=15)]
    trip_word_bit_0: Annotated[int, Field(ge=1, le=255)]
    esd_cause: Annotated[int, Field(ge=0, le=255)]


class TargetSpec(Strict):
    """[target]: capture of treated gas asked for."""

    capture_pct: Percent
    min_pct: Percent
    max_pct: Percent
    possible_margin: Share
    filter_s: Positive
    rate_pct_per_min: Positive


class GasSpec(Strict):
    """[gas]: CO2 to the absorber and treated flow."""

    filter_s: Positive
    substitute_s: NonNegative
    rate_kg_h_per_s: Positive


class LeanSpec(Strict):
    """[lean]: solvent in ratio to CO2."""

    kg_per_kg_co2: Annotated[float, Field(ge=5, le=100)]
    lead_s: NonNegative
    lag_s: Positive
    rate_kg_h_per_s: Positive
    rise_limit: Annotated[float, Field(ge=1, le=2)]


class SteamSpec(Strict):
    """[steam]: steam in ratio to solvent, and what the ship leaves for it."""

    kg_per_kg_lean: Annotated[float, Field(ge=0.02, le=0.5)]
    lead_s: NonNegative
    lag_s: Positive
    rate_kg_h_per_s: Positive
    available_share: Share
    header_full_barg: Positive
    header_none_barg: Positive
    latent_kJ_kg: Annotated[float, Field(ge=1800, le=2500)]
    short_pct: Annotated[float, Field(gt=0, lt=100)] = 30.0
    short_filter_s: Positive = 120.0
    drum_s: Positive = 180.0


class DutySpec(Strict):
    """[duty]: specific reboiler duty used for what is possible."""

    initial_GJ_t: Positive
    min_GJ_t: Positive
    max_GJ_t: Positive
    learn_s: Positive
    settle_s: NonNegative


class CaptureLoopSpec(Strict):
    """[capture_loop]: AIC-301."""

    kc_per_pct: Positive
    ti_s: Positive
    entry_s: NonNegative
    trim_min: Annotated[float, Field(ge=-0.9, le=0)]
    trim_max: Annotated[float, Field(ge=0, le=1)]
    blend_s: Positive
    filter_s: Positive
    grace_s: NonNegative = 30.0
    slow_gain: Share = 0.25
    slow_filter_s: Positive = 300.0
    slow_trim: Annotated[float, Field(ge=0, le=1)] = 0.15


class ReboilerLoopSpec(Strict):
    """[reboiler_loop]: TIC-521 as a trim on steam."""

    setpoint_degC: Annotated[float, Field(ge=90, le=135)]
    kc_kg_h_per_K: Positive
    ti_s: Positive
    trim_min_kg_h: Annotated[float, Field(le=0)]
    trim_max_kg_h: NonNegative
    override_band_K: Positive


class SetpointOkSpec(Strict):
    """[setpoint_ok]: how the PLC says which set-points it accepted."""

    bits: Annotated[tuple[SetpointName, ...], Field(max_length=16, strict=False)] = ()
    reject_clears: bool = False


class ResponseSpec(Strict):
    """[response]: when the rig counts as not answering a set-point."""

    near: Annotated[float, Field(gt=0, lt=1)]
    progress: Annotated[float, Field(gt=0, lt=1)]
    lean_s: Positive
    steam_s: Positive
    treated_s: Positive
    lean_t_s: Positive
    pressure_s: Positive

    def setpoints(self) -> tuple[float, ...]:
        """Return the patience with each set-point, s, in the order of `Points.setpoints`."""
        return (self.lean_s, self.steam_s, self.treated_s, self.lean_t_s, self.pressure_s)


class SetpointsSpec(Strict):
    """[setpoints]: rates of the two plain set-points."""

    lean_t_rate_degC_per_s: Positive
    pressure_rate_kPa_per_s: Positive


class EstimateSpec(Strict):
    """[estimate]: when the plant counts as steady, and when its measurements agree.

    The inventories are the solvent (kg) that holds the lean and the rich loading.
    """

    steady_band: Share
    transient_band: Share = 0.2
    compare_s: Annotated[float, Field(ge=60, le=3600)] = 600.0
    compare_doubt: Annotated[float, Field(ge=0.5, le=3)] = 1.2
    compare_pct: Annotated[float, Field(ge=0.1, le=20)] = 3.0
    lean_inventory_kg: NonNegative = 0.0
    rich_inventory_kg: NonNegative = 0.0


class ActuationSpec(Strict):
    """[actuation]: when a set-point counts as not followed."""

    GONE = frozenset({"follow_delay_s"})

    follow_tolerance: Share


class ControlSpec(Strict):
    """control.toml."""

    GONE = frozenset({"permissive"})

    lease: LeaseSpec
    unit: UnitSpec
    target: TargetSpec
    gas: GasSpec
    lean: LeanSpec
    steam: SteamSpec
    duty: DutySpec
    capture_loop: CaptureLoopSpec
    reboiler_loop: ReboilerLoopSpec
    setpoints: SetpointsSpec
    estimate: EstimateSpec
    actuation: ActuationSpec
    response: ResponseSpec
    setpoint_ok: SetpointOkSpec = SetpointOkSpec()
    first_out: dict[str, str]
