"""Does the range of a set-point fit its variable on the server? For commissioning.

A set-point's range is what Seastack may send; the server's data type and its EURange
(OPC 10000-8, 5.6.3) are what it takes.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from asyncua import ua
from asyncua.client.ua_session import UaSession
from asyncua.ua.object_ids import ObjectIds

from sensors.opcua_types import misfit
from sensors.tag import Tag

_SLACK: Final = 1e-6  # of the span: single precision is no other range


def beyond(tag: Tag, kind: ua.VariantType | None, held: object) -> str:
    """Return how a tag's range goes beyond a variable's type or EURange, "" if it does not.

    `kind` is None for a type that is not known, `held` whatever the EURange property holds.
    """
    ends = f"{tag.name}: its range of {tag.lo:g} to {tag.hi:g}"
    why = [w for end in (tag.lo, tag.hi) if kind is not None and (w := misfit(end, kind))]
    if why:
        return f"{ends} goes beyond the server's type: {why[0]}"
    low, high = getattr(held, "Low", None), getattr(held, "High", None)
    if not isinstance(low, int | float) or not isinstance(high, int | float) or not low < high:
        return ""
    slack = _SLACK * (high - low)
    if low - slack <= tag.lo and tag.hi <= high + slack:
        return ""
    return f"{ends} goes beyond the server's EURange of {low:g} to {high:g}"


async def eu_ranges(
    session: UaSession, nodes: Mapping[Tag, ua.NodeId], portion: int
) -> dict[Tag, ua.NodeId]:
    """Return the EURange property of each variable that has one; raises what the library does."""
    found: dict[Tag, ua.NodeId] = {}
    tags: Sequence[Tag] = list(nodes)
    for at in range(0, len(tags), portion):
        some = tags[at : at + portion]
        results = await session.translate_browsepaths_to_nodeids([_path(nodes[t]) for t in some])
        for tag, result in zip(some, results, strict=False):
            if result.StatusCode.is_good() and result.Targets:
                found[tag] = result.Targets[0].TargetId
    return found


def _path(node: ua.NodeId) -> ua.BrowsePath:
    step = ua.RelativePathElement()
    step.ReferenceTypeId = ua.NodeId(ua.Int32(ObjectIds.HasProperty))
    step.IsInverse, step.IncludeSubtypes = False, True  # type: ignore[assignment]
    step.TargetName = ua.QualifiedName("EURange", ua.UInt16(0))
    path = ua.BrowsePath()
    path.StartingNode = node
    path.RelativePath.Elements = [step]
    return path
