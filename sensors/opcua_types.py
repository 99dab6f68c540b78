"""A number as the type a server's variable has, or why it does not fit."""

from typing import Final

from asyncua import ua

_REAL: Final = (ua.VariantType.Double, ua.VariantType.Float)
_LARGEST_FLOAT: Final = 3.4028235e38
_RANGES: Final = {
    ua.VariantType.SByte: (-(2**7), 2**7 - 1),
    ua.VariantType.Byte: (0, 2**8 - 1),
    ua.VariantType.Int16: (-(2**15), 2**15 - 1),
    ua.VariantType.UInt16: (0, 2**16 - 1),
    ua.VariantType.Int32: (-(2**31), 2**31 - 1),
    ua.VariantType.UInt32: (0, 2**32 - 1),
    ua.VariantType.Int64: (-(2**63), 2**63 - 1),
    ua.VariantType.UInt64: (0, 2**64 - 1),
}


def misfit(value: float, kind: ua.VariantType) -> str:
    """Return why a number cannot be written to a variable of this type, "" when it can."""
    if kind is ua.VariantType.Boolean or kind is ua.VariantType.Double:
        return ""
    if kind is ua.VariantType.Float:
        return "" if abs(value) <= _LARGEST_FLOAT else f"{value:g} does not fit Float"
    if kind not in _RANGES:
        return f"{kind.name} takes no number"
    low, high = _RANGES[kind]
    return "" if low <= round(value) <= high else f"{value:g} does not fit {kind.name}"


def variant(value: float, kind: ua.VariantType) -> ua.Variant:
    """Return a number as a variable of this type takes it; see `misfit`."""
    if kind is ua.VariantType.Boolean:
        return ua.Variant(value != 0.0, kind)
    return ua.Variant(value if kind in _REAL else round(value), kind)
