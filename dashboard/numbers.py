"""The third card: what the voyage's accounts need, each with its denominator."""

from typing import Final

from dashboard.headline import window
from dashboard.rigstate import gas_flows
from dashboard.values import DASH, Values

# label, channel, unit shown, scale, decimals
NUMBERS: Final = (
    ("captured now", "captured_kg_h", "t CO₂/h", 1e-3, 2),
    ("captured in all", "captured_total_t", "t CO₂", 1.0, 2),
    ("ship, gross, all fuel CO₂", "ship_gross_pct", "% of fuel CO₂", 1.0, 1),
    ("treated gas, {window}", "capture_1h_pct", "% of its CO₂", 1.0, 1),
    ("reboiler duty, 20 min", "srd_GJ_t", "GJ/t CO₂", 1.0, 2),
    ("power, 20 min", "sec_el_kWh_t", "kWh/t CO₂", 1.0, 0),
    ("CO₂ into the absorber", "co2_in_kg_h", "t CO₂/h", 1e-3, 2),
    ("lean solvent : treated gas", "L_G", "kg/kg", 1.0, 2),
)


def numbers(values: Values) -> list[dict[str, str]]:
    """Return the entries of the card in reading order."""
    rows = []
    hour = window(values["capture_1h_covered_s"], 60, values["capture_1h_idle_s"])
    hour = hour.removeprefix("mean of ") if hour.endswith("so far") else hour  # no room for both
    hour = (
        hour.removeprefix("captured in ").replace("of the last", "of") if "last" in hour else hour
    )
    for label, name, unit, scale, decimals in NUMBERS:
        p = values[name]
        none = name == "L_G" and not gas_flows(values)
        rows.append(
            {
                "label": label.format(window=hour),
                "value": DASH if none else p.text(decimals, scale),
                "unit": unit,
                "class": "q" if p.css and p.known and not none else "",
                "letter": p.letter if p.known and not none else "",
            }
        )
    return rows
