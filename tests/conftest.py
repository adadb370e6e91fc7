from hypothesis import settings

# A loaded machine is slow, which is no fault of the code.
settings.register_profile("hub", deadline=None)
settings.load_profile("hub")
