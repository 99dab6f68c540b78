"""OPC UA status codes <-> reasons (OPC 10000-4, 7.39, and 10000-8, table 13).

Numbers only, so that client and server agree without sharing a library.
"""

from typing import Final

from sensors.quality import BAD_MASK, Reason

_SEVERITY: Final = 0xC0000000
_CODE: Final = 0xFFFF0000

GOOD: Final = 0x00000000
GOOD_LOCAL_OVERRIDE: Final = 0x00960000
UNCERTAIN_LAST_USABLE: Final = 0x40900000
UNCERTAIN_SUBSTITUTE: Final = 0x40910000
UNCERTAIN_NOT_ACCURATE: Final = 0x40930000
UNCERTAIN_CALIBRATION: Final = 0x420A0000
BAD_WAITING: Final = 0x80320000
BAD_SENSOR: Final = 0x808C0000

_SPECIAL: Final = {
    GOOD_LOCAL_OVERRIDE: Reason.FORCED,
    UNCERTAIN_SUBSTITUTE: Reason.SUBSTITUTED,
    UNCERTAIN_CALIBRATION: Reason.CALIBRATING,
    BAD_WAITING: Reason.UNSET,
}


def reason_of(status: int) -> Reason:
    """Return what a status code says about a value."""
    special = _SPECIAL.get(status & _CODE)
    if special is not None:
        return special
    severity = status & _SEVERITY
    if severity == 0:
        return Reason.NONE
    return Reason.DOUBTFUL if severity == 0x40000000 else Reason.DEVICE


def status_of(reason: Reason | int) -> int:
    """Return the status code a server sends for a reason, the worst first."""
    bits = int(reason)
    if bits & BAD_MASK:
        return BAD_WAITING if bits & Reason.UNSET else BAD_SENSOR
    for code, special in _SPECIAL.items():
        if bits & special:
            return code
    return UNCERTAIN_NOT_ACCURATE if bits else GOOD
