"""What can go wrong in the lake.

LakeError
  NoSnapshot      the product has no snapshot of this sequence, and never had
  SnapshotGone    it had one, but links to it have expired
  Superseded      the table is no longer at the version that the publish began from
  NotAccepted     nobody wants this product any more: it was deleted, or created again
  Corrupt         an object does not hold what it must
  Unavailable     the place where the lake is kept does not answer, or refuses
"""


class LakeError(Exception):
    """The head of the tree above."""


class NoSnapshot(LakeError):
    pass


class SnapshotGone(LakeError):
    pass


class Superseded(LakeError):
    pass


class NotAccepted(LakeError):
    pass


class Corrupt(LakeError):
    pass


class Unavailable(LakeError):
    pass
