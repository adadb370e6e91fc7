"""`python -m dphub_k8s` is `dphub`."""

from dphub_k8s.cli import main

main()
