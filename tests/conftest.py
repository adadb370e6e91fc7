from hypothesis import settings

from tests.kube.fixtures import control_plane, fake, fake_client

__all__ = ["control_plane", "fake", "fake_client"]

# A loaded machine is slow, which is no fault of the code.
settings.register_profile("hub", deadline=None)
settings.load_profile("hub")
