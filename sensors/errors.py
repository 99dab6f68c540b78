"""Everything that can go wrong between a file, a wire and a value.

SensorsError
  ConfigError        a file says something impossible: names file, key, remedy
  LinkError
    LinkLost         the whole link is gone; every tag on it is BAD
      LinkFault      the peer answers, but not what it should; trying at once will not help
    LinkRefused      the other side answered and said no (certificate, login)
  NotGood            control asked for a value that is not GOOD
"""

from typing import Final

from sensors.foreigntext import clean

MOST_CHARS: Final = 400  # of a message about a link
MOST_CONFIG_CHARS: Final = 1000  # of a message about a file


class SensorsError(Exception):
    """Base of every error raised in this package."""


class ConfigError(SensorsError):
    """A configuration file is wrong; the message, one clean line, names file, key and remedy."""

    def __init__(self, file: str, key: str, problem: str, remedy: str = "") -> None:
        self.file, self.key, self.problem, self.remedy = file, key, problem, remedy
        text = f"{file}: {key}: {problem}" + (f"; {remedy}" if remedy else "")
        super().__init__(clean(text, MOST_CONFIG_CHARS))


class LinkError(SensorsError):
    """Base of what a driver may raise; its text is one clean line, whoever said parts of it."""

    def __init__(self, text: str) -> None:
        super().__init__(clean(text, MOST_CHARS))


class LinkLost(LinkError):
    """No answer on the whole link: time-out, reset, refused connection."""


class LinkFault(LinkLost):
    """The peer is there and answers with a fault, which is likely to be there again."""


class LinkRefused(LinkError):
    """The peer is there and refuses us; retrying the same way cannot help."""


class NotGood(SensorsError):
    """A value was needed GOOD and is not; carries the tag and the reason."""

    def __init__(self, name: str, reason: int) -> None:
        self.name, self.reason = name, reason
        super().__init__(f"{name} is not GOOD (reason {reason:#x})")
