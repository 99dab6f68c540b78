"""What can go wrong with the state directory and the journal.

HistorianError
  StateDirUnusable     cannot be created, is a file, or may not be written
  StateDirInUse        another controller holds it
  SchemaUnknown        written by a newer Seastack, or not a journal at all
  UnknownRun           no such run in this state directory
  LayoutChanged        a run was continued with other channels
"""


class HistorianError(Exception):
    """Base of every error raised in this package; the text names the remedy."""


class StateDirUnusable(HistorianError):
    """The state directory cannot be created or written."""


class StateDirInUse(HistorianError):
    """Another controller has the state directory."""


class SchemaUnknown(HistorianError):
    """The file is not a journal that this version can read."""


class UnknownRun(HistorianError):
    """There is no run of that name."""


class LayoutChanged(HistorianError):
    """A run has one layout for life; other channels need a new run."""
