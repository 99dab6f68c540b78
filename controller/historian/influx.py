"""The one file that knows influxdb_client: write lines, sort out the refusals.

Synchronous writes only: the batching mode drops what it cannot send.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from controller.historian.errors import Refused, Rejected, ShipError, Unreachable

TIMEOUT_MS: Final = 5000
PRECISION: Final = "ms"  # WritePrecision.MS, which the client's stubs call a string
WRONG_ROWS: Final = (400, 413, 422)
WRONG_SETTINGS: Final = (401, 403, 404)


@dataclass(frozen=True, slots=True)
class Target:
    """A bucket of an InfluxDB 2.x, or of what speaks its write protocol."""

    url: str
    org: str
    bucket: str
    token: str = field(repr=False)


class InfluxWriter:
    """Writes lines to a bucket, each call until the server's yes; reads by Flux."""

    def __init__(self, target: Target, timeout_ms: int = TIMEOUT_MS) -> None:
        self._target = target
        self._client = InfluxDBClient(
            url=target.url,
            token=target.token,
            org=target.org,
            timeout=timeout_ms,
            enable_gzip=True,
        )
        self._api = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, lines: Sequence[str]) -> None:
        """Write lines with millisecond time stamps; raise a ShipError when not taken."""
        t = self._target
        body = "\n".join(lines).encode()
        with _told(t.url):
            self._api.write(t.bucket, t.org, body, write_precision=PRECISION)  # type: ignore[arg-type]

    def rows(self, flux: str) -> Iterator[Mapping[str, object]]:
        """Yield the rows of a Flux query as they come; raise a ShipError when it fails."""
        with _told(self._target.url):
            for row in self._client.query_api().query_stream(flux):
                yield row.values

    def close(self) -> None:
        """Close the connection."""
        self._api.close()  # type: ignore[no-untyped-call]
        self._client.close()  # type: ignore[no-untyped-call]


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Turn what the client raises into a ShipError."""
    try:
        yield
    except ApiException as error:
        raise ship_error(url, error) from error
    except (HTTPError, OSError) as error:
        text = f"{url}: no answer ({type(error).__name__})"
        raise Unreachable(text, silent=True) from error


def ship_error(url: str, error: ApiException) -> ShipError:
    """Sort a server's refusal into the three kinds that need different answers."""
    said = " ".join((error.body or error.reason or "").split())[:200]
    text = f"{url}: {error.status} {said}".rstrip()
    if error.status in WRONG_ROWS:
        return Rejected(text)
    if error.status in WRONG_SETTINGS:
        return Refused(f"{text}; check token, organisation and bucket")
    wish = str(dict(error.headers or {}).get("Retry-After", ""))
    return Unreachable(text, float(wish) if wish.isdigit() else 0.0)
