"""`python -m dphub_k8s.dev.leash COMMAND...`: become COMMAND, which ends when its parent does.

A killed `dphub dev` must not leave servers behind that hold its ports. Linux only (prctl(2),
PR_SET_PDEATHSIG, kept across execve); elsewhere the command runs without a leash.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(command: list[str], end: signal.Signals = signal.SIGTERM) -> None:
    if sys.platform == "linux":
        parent = os.getppid()
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, end)
        if os.getppid() != parent:
            sys.exit(1)
    os.execv(command[0], command)  # noqa: S606  our own command, no shell


if __name__ == "__main__":
    main(sys.argv[1:])
