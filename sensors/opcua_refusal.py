"""What an OPC UA server's refusals mean, in words for a person."""

from typing import Final

from sensors.errors import LinkFault, LinkLost, LinkRefused
from sensors.linkspec import LinkSpec

_REFUSED: Final = ("BadCertificate", "BadSecurity", "BadNoValidCertificates")
_FULL: Final = ("BadTooMany", "BadTcpServerTooBusy", "BadTcpNotEnough", "BadServer", "BadShutdown")
_NO_SUCH_SECURITY: Final = ("BadSecurityModeRejected", "BadSecurityPolicyRejected")


def refusal_of(spec: LinkSpec, name: str, text: str) -> LinkLost | LinkRefused | None:
    """Return what a status code's `name` or an error's `text` means, None if that is not known."""
    url = spec.url
    if name == "BadUserAccessDenied" or name.startswith("BadIdentity"):
        who = {
            "password": f"user '{spec.user}' or its password",
            "certificate": "the user certificate user/cert.der",
            "anonymous": "callers without a login",
        }[spec.signs_in_with]
        return LinkRefused(f"{url} refuses {who}")
    if "No matching endpoints" in text or name in _NO_SUCH_SECURITY:
        return LinkRefused(f"{url} does not offer security '{spec.security}'")
    if name.startswith(_REFUSED):
        return LinkRefused(f"{url} refuses our certificate ({name})")
    if name == "BadTooManySessions":
        return LinkFault(
            f"{url} takes nobody now, all its sessions are in use ({name}): "
            "end one of another client, or let it have more"
        )
    if name.startswith(_FULL):
        return LinkFault(f"{url} takes nobody now ({name})")
    return None
