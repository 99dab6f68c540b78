"""The one file that knows influxdb_client: write lines, ask in Flux and InfluxQL.

Synchronous writes only: the batching mode drops what it cannot send.  What an answer means
is in `shiperrors`.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from influxdb_client.client.flux_csv_parser import FluxCsvParserException, FluxQueryException
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from controller.historian.errors import Refused
from controller.historian.shiperrors import SAID_CHARS, TAKEN, no_answer, refusal, without_user
from sensors.foreigntext import clean

TIMEOUT_MS: Final = 5000
OK: Final = 200
NONSENSE: Final = (ValueError, LookupError, TypeError, csv.Error, FluxCsvParserException)
PRECISION: Final = "ms"  # WritePrecision.MS, which the client's stubs call a string


@dataclass(frozen=True, slots=True)
class Target:
    """A bucket of an InfluxDB 2.x, or of what speaks its write protocol."""

    url: str = field(repr=False)  # may hold a user and a password
    org: str
    bucket: str
    token: str = field(repr=False)
    ca_file: str = ""  # of the authority that signed the server's certificate; "": the system's


class InfluxWriter:
    """Writes lines to a bucket, each call until the server's yes; reads by Flux."""

    def __init__(self, target: Target, timeout_ms: int = TIMEOUT_MS) -> None:
        self._target, self._shown = target, without_user(target.url)
        self._client = InfluxDBClient(
            url=target.url,
            token=target.token,
            org=target.org,
            timeout=timeout_ms,
            enable_gzip=True,
            ssl_ca_cert=target.ca_file or None,
        )
        self._api = self._client.write_api(write_options=SYNCHRONOUS)

    def write(self, lines: Sequence[str]) -> None:
        """Write lines with millisecond time stamps; raise a ShipError when not taken."""
        t = self._target
        body = "\n".join(lines).encode()
        client = self._client.api_client
        client.last_response = None
        with _told(self._shown):
            self._api.write(t.bucket, t.org, body, write_precision=PRECISION)  # type: ignore[arg-type]
        answer = client.last_response
        if answer is None or answer.status != TAKEN:
            raise refusal(self._shown, *_parts(answer))

    def rows(self, flux: str) -> Iterator[Mapping[str, object]]:
        """Yield the rows of a Flux query as they come; raise a ShipError when it fails."""
        with _told(self._shown):
            answers = self._client.query_api().query_stream(flux)
            status, headers, _ = _parts(self._client.api_client.last_response)
            if "csv" not in str(headers.get("content-type", headers.get("Content-Type", ""))):
                raise refusal(self._shown, status, headers, "")
            for row in answers:
                yield row.values

    def influxql(self, query: str) -> str:
        """Return the JSON answer of an InfluxQL query, times in ms; raise a ShipError."""
        t, client = self._target, self._client.api_client
        asked = {"db": t.bucket, "org": t.org, "epoch": "ms", "q": query}
        with _told(self._shown):
            url = f"{t.url.rstrip('/')}/query"
            answer = client.request(  # type: ignore[no-untyped-call]
                "GET", url, asked, dict(client.default_headers), _preload_content=False
            )
            status, headers, body = _parts(answer)
            if status != OK:
                raise refusal(self._shown, status, headers, body)
            return body.decode() if isinstance(body, bytes) else str(body)

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
        status = error.status if isinstance(error.status, int) else 0
        raise refusal(url, status, dict(error.headers or {}), error.body or error.reason) from error
    except (HTTPError, OSError) as error:
        raise no_answer(url, error) from error
    except FluxQueryException as error:  # in the middle of an answer that began well
        raise Refused(f"{url}: the query failed: {clean(error.message, SAID_CHARS)}") from error
    except NONSENSE as error:  # not an answer of InfluxDB
        why = clean(f"{type(error).__name__}: {clean(error, 120)}", 160)
        raise Refused(f"{url}: its answer makes no sense ({why}); is this an InfluxDB?") from error


def _parts(answer: Any) -> tuple[int, Mapping[str, str], object]:
    """Return status, headers and body of the client's answer."""
    if answer is None:
        return 200, {}, ""
    return int(answer.status), dict(answer.getheaders() or {}), getattr(answer, "data", "")
