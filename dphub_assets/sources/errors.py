"""What can be wrong with a source.

SourceError
  SourceMissing     there is no such file, or it cannot be read
  SourceForbidden   it lies where products must not read
  SourceUnreadable  it is not the format that it claims to be
  SourceChanged     it changed while it was being read
"""


class SourceError(Exception):
    """The head of the tree above."""


class SourceMissing(SourceError):
    pass


class SourceForbidden(SourceError):
    pass


class SourceUnreadable(SourceError):
    pass


class SourceChanged(SourceError):
    pass
