"""Who asks on the command line: the name given, and the user the kernel knows.

The inbox is a file of one user (0600), so who writes it is that user or root; a name alone
would be whatever was typed, and $LOGNAME whatever was set.
"""

import os
import pwd

from sensors.foreigntext import clean

NAME_CHARS = 60  # with the user's own name it fits a request


def asker(given: str) -> str:
    """Return the name for the audit trail: ``NAME (user LOGIN)``, or the login alone."""
    login = _login()
    name = clean(given, NAME_CHARS)
    return f"{name} (user {login})" if name and name != login else login


def _login() -> str:
    uid = os.getuid()
    try:
        return clean(pwd.getpwuid(uid).pw_name, 32) or f"uid {uid}"
    except KeyError:  # a container's user without a name
        return f"uid {uid}"
