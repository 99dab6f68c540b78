"""What a time-series server's answer means: taken, wrong rows, a person must act, or later.

Only what the protocol documents as success is success: a ship sits behind portals and proxies
that answer anything.  Sources: InfluxDB OSS v2 API (POST /api/v2/write answers 204), RFC 9110.
"""

import json
import re
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from controller.historian.errors import (
    Expired,
    Refused,
    Rejected,
    ShipError,
    TooLarge,
    Unreachable,
)
from sensors.foreigntext import clean, without_secrets

TAKEN: Final = 204
WRONG_ROWS: Final = (400, 422)
# A person must act: login, rights, bucket, another kind of server, a portal in between.
WRONG_SETTINGS: Final = (401, 402, 403, 404, 405, 406, 407, 410, 411, 415, 451, 501, 505, 511)
TOO_LARGE: Final = 413
SAID_CHARS: Final = 600  # the real texts name the cause last
MOST_WAIT_S: Final = 3600.0
_OUTSIDE: Final = "outside retention policy"
_BOUND: Final = re.compile(r"Lower Bound at (\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def refusal(url: str, status: int, headers: Mapping[str, str], body: object) -> ShipError:
    """Sort an answer that is not success into the kinds that need different answers."""
    said = said_in(body)
    text = f"{url}: {status} {said}".rstrip()
    if status in WRONG_ROWS and _OUTSIDE in said:
        return Expired(text, lower_bound_ns(said))
    if status == TOO_LARGE:
        return TooLarge(text)
    if status in WRONG_ROWS:
        return Rejected(text)
    if status in WRONG_SETTINGS:
        return Refused(f"{text}; check token, organisation and bucket")
    if 200 <= status < 400:
        where = _header(headers, "location")
        to = f" (sends us to {clean(where, 100)})" if where else ""
        return Refused(f"{text}{to}: not an answer of InfluxDB; is this a login page or a proxy?")
    return Unreachable(text, wait_s(_header(headers, "retry-after")), overloaded=status >= 500)


def said_in(body: object) -> str:
    """Return what a server says in an answer's body, its `message` where that is JSON."""
    text = bytes(body).decode("utf-8", "replace") if isinstance(body, bytes | bytearray) else body
    if not isinstance(text, str):
        return ""
    try:
        found = json.loads(text)
        message = found.get("message") or found.get("error") if isinstance(found, dict) else None
        text = message if isinstance(message, str) else text
    except (ValueError, RecursionError):
        pass
    return clean(text, SAID_CHARS)


def lower_bound_ns(said: str) -> int | None:
    """Return before which time a bucket keeps nothing, ns since the epoch; None if not said."""
    bounds = []
    for found in _BOUND.findall(said):
        whole = re.sub(r"(\.\d{6})\d+", r"\1", found)  # nanoseconds are more than datetime reads
        try:
            since = datetime.fromisoformat(whole.replace("Z", "+00:00")) - _EPOCH
        except ValueError:
            continue
        bounds.append((since.days * 86_400 + since.seconds) * 1_000_000_000)
    return min(bounds, default=None)


def wait_s(wish: str) -> float:
    """Return a Retry-After, seconds or a date (RFC 9110, 10.2.3), as seconds from now; 0: none."""
    wish = wish.strip()
    if wish.isascii() and wish.isdigit():
        return min(float(wish[:9]), MOST_WAIT_S)
    try:
        when = parsedate_to_datetime(wish)
        seconds = (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return 0.0
    return min(max(seconds, 0.0), MOST_WAIT_S)


def _header(headers: Mapping[str, str], name: str) -> str:
    """Return a header; their names have no case."""
    return next((str(v) for k, v in headers.items() if str(k).lower() == name), "")


def no_answer(url: str, error: BaseException) -> ShipError:
    """Return what it means that no answer came: later, or a certificate a person must mend."""
    cause: BaseException | None = error
    while cause is not None:
        reason = getattr(cause, "reason", None)
        for one in (cause, reason):
            if isinstance(one, ssl.SSLCertVerificationError):
                why = clean(getattr(one, "verify_message", "") or one, 200)
                return Refused(
                    f"{url}: its certificate is not trusted ({why}); with the ship's own authority "
                    "set INFLUXDB_V2_SSL_CA_CERT to its certificate file"
                )
        nested = reason if isinstance(reason, BaseException) else None
        cause = nested or cause.__cause__ or cause.__context__
    return Unreachable(f"{url}: no answer ({type(error).__name__})", silent=True)


def without_user(url: str) -> str:
    """Return a URL as it may be shown: no name, password or query of it."""
    return without_secrets(url).split("?")[0].split("#")[0]
