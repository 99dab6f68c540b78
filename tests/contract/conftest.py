"""The OPC UA server that the contract tests of the driver share, one a module."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.opcuapeer import Peer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def peer() -> AsyncIterator[Peer]:
    """Serve until the module's last test."""
    peer = Peer()
    await peer.start()
    yield peer
    await peer.server.stop()
