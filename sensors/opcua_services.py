"""Read and write any number of values, in portions the server takes, each with its time-out."""

import asyncio
from collections.abc import Sequence

from asyncua import ua
from asyncua.ua.attribute_ids import AttributeIds

from sensors.errors import LinkFault
from sensors.opcua_client import Caller
from sensors.opcua_limits import Portions
from sensors.opcua_watch import value_of


async def read_values(
    client: Caller, nodes: Sequence[ua.NodeId], portions: Portions, timeout_s: float
) -> list[ua.DataValue]:
    """Return the value of each node, in order.

    Raises LinkFault for another number of answers than questions, and what the library does.
    """

    async def ask(some: Sequence[ua.NodeId]) -> list[ua.DataValue]:
        wanted = ua.ReadParameters()
        wanted.TimestampsToReturn = ua.TimestampsToReturn.Both
        wanted.NodesToRead = [value_of(node) for node in some]
        async with asyncio.timeout(timeout_s):
            answers = list(await client.uaclient.read(wanted) or [])
        if len(answers) != len(some):
            url = client.server_url.geturl()
            raise LinkFault(f"{url} answered {len(answers)} of {len(some)} points it was asked for")
        return answers

    return await portions.each(nodes, ask)


async def write_values(
    client: Caller,
    values: Sequence[tuple[ua.NodeId, ua.DataValue]],
    portions: Portions,
    timeout_s: float,
) -> list[str]:
    """Write; return the server's word for no of each value in order, "" for done.

    Raises LinkFault for another number of answers than writes, and what the library does.
    """

    async def ask(some: Sequence[tuple[ua.NodeId, ua.DataValue]]) -> list[str]:
        nodes, held = [n for n, _ in some], [v for _, v in some]
        async with asyncio.timeout(timeout_s):
            said = await client.uaclient.write_attributes(nodes, held, AttributeIds.Value)
        refusals = ["" if verdict.is_good() else str(verdict.name) for verdict in said or ()]
        if len(refusals) != len(some):
            url = client.server_url.geturl()
            raise LinkFault(f"{url} confirmed {len(refusals)} of {len(some)} writes")
        return refusals

    return await portions.each(values, ask)
