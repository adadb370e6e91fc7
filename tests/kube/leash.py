"""`python -m tests.kube.leash COMMAND...`: become COMMAND, which is killed when its parent ends.

An API server that is only asked to end waits for its store, which has ended too.
"""

import signal
import sys

from dphub_k8s.dev import leash

if __name__ == "__main__":
    leash.main(sys.argv[1:], signal.SIGKILL)
