"""What a ship's motion costs a packed column: one factor on its effective area.

No open data give numbers for 250Y at sea; published statements are that a static
tilt costs more than a symmetric roll of the same angle, and capture falls by 1-5 %
at 5-10 degrees.  This smooth form with a half-angle of 20 degrees is an engineering
guess inside that range, not a measurement.
"""

HALF_ANGLE_DEG = 20.0
ROLL_SHARE = 0.3
"""A roll of given amplitude counts as this share of a static tilt."""


def upright(tilt_deg: float, roll_deg: float = 0.0) -> float:
    """Return the share of the effective area that is left, 1 for an upright column at rest."""
    angle2 = tilt_deg**2 + (ROLL_SHARE * roll_deg) ** 2
    return 1.0 / (1.0 + angle2 / HALF_ANGLE_DEG**2)
