"""What a Modbus device means when it refuses (Application Protocol 1.1b3, section 7)."""

from typing import Final

ILLEGAL_FUNCTION: Final = 1
ILLEGAL_ADDRESS: Final = 2
ILLEGAL_VALUE: Final = 3
DEVICE_FAILURE: Final = 4
ACKNOWLEDGE: Final = 5
DEVICE_BUSY: Final = 6
GATEWAY_NO_PATH: Final = 10
GATEWAY_NO_RESPONSE: Final = 11

POINT_FAULTS: Final = frozenset({ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE})
BUSY: Final = frozenset({ACKNOWLEDGE, DEVICE_BUSY})
GONE: Final = frozenset({GATEWAY_NO_PATH, GATEWAY_NO_RESPONSE})

_WORDS: Final = {
    ILLEGAL_FUNCTION: "illegal function: the device does not know this kind of request",
    ILLEGAL_ADDRESS: "illegal address: the device has no such register",
    ILLEGAL_VALUE: "illegal value: the device does not take this value or length",
    DEVICE_FAILURE: "device failure: it cannot do this now",
    ACKNOWLEDGE: "acknowledged, still working on it",
    DEVICE_BUSY: "device busy: try again later",
    GATEWAY_NO_PATH: "gateway path unavailable: its configuration has no way to this unit",
    GATEWAY_NO_RESPONSE: "gateway target failed to respond: the gateway lives, the unit does not",
}


def words_of(code: int) -> str:
    """Return a device's refusal in plain words, with its number."""
    return f"{_WORDS.get(code, 'an answer of its own')} (code {code})"
