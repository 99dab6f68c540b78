"""The one place that knows which protocol needs which library.

Imports happen on demand: a command that talks to nobody loads no protocol.
"""

from collections.abc import Sequence

from sensors.clock import Clock
from sensors.driver import Driver
from sensors.linkspec import LinkSpec
from sensors.pki import PkiPaths
from sensors.tag import Tag


def make_driver(
    spec: LinkSpec,
    tags: Sequence[Tag],
    security: PkiPaths | None = None,
    clock: Clock | None = None,
) -> Driver:
    """Return a driver for a link, not yet connected.

    `security` is needed by a link with security; ConfigError without it.
    """
    if spec.protocol == "opcua":
        from sensors.opcua import OpcuaDriver

        return OpcuaDriver(spec, tags, security, clock=clock)
    from sensors.modbus_driver import ModbusDriver

    return ModbusDriver(spec, tags, clock=clock)
