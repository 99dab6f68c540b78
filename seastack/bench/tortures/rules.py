"""Which fault a broken rule of `bench cycles` is to a torture."""

from seastack.bench.tortures.tally import LATE, OUTSIDE, TRACEBACK


def kind_of(rule: str) -> str:
    """Return the kind of fault: bypass, output, or an error that would end a controller."""
    if rule == "bypass pressed and not written":
        return LATE
    return TRACEBACK if "Error" in rule else OUTSIDE
