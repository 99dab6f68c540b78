"""Where the journal is copied to, taken from the environment; nowhere is a full answer."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from seastack.problems import UserError

if TYPE_CHECKING:
    from controller.historian.influx import Target
    from controller.historian.shipper import Shipper

PERIOD_S: Final = 5.0  # wall, between two requests: each costs as much as the rows in it
URL: Final = "INFLUXDB_V2_URL"
# The names influxdb-client itself uses; a token never stands in a file of ours.
CA_FILE: Final = "INFLUXDB_V2_SSL_CA_CERT"
OTHERS: Final = ("INFLUXDB_V2_ORG", "INFLUXDB_V2_BUCKET", "INFLUXDB_V2_TOKEN")


def target_of() -> "Target | None":
    """Return the bucket the environment names, or None without one.

    Raises UserError when the environment names a server and nothing else.
    """
    url = os.environ.get(URL)
    if not url:
        return None
    missing = [name for name in OTHERS if name not in os.environ]
    if missing:
        raise UserError(f"{URL} is set, but {', '.join(missing)} is not: set all four or none")
    from controller.historian.influx import Target

    org, bucket, token = (os.environ[name] for name in OTHERS)
    return Target(url, org, bucket, token, _ca_file())


def _ca_file() -> str:
    """Return the file of the authority that signed the server's certificate, "" for the system's.

    Raises UserError when the environment names one that cannot be read.
    """
    given = os.environ.get(CA_FILE, "")
    if given and not os.access(given, os.R_OK):
        raise UserError(f"{CA_FILE}={given}: cannot be read; give the authority's PEM file")
    return given


def shipper_of(state: Path) -> "Shipper | None":
    """Return a shipper to the bucket the environment names, or None without one.

    Raises UserError when the environment names a server and nothing else.
    """
    target = target_of()
    if target is None:
        return None
    from controller.historian.influx import InfluxWriter
    from controller.historian.shipper import Shipper

    return Shipper(state, InfluxWriter(target), period_s=PERIOD_S)
