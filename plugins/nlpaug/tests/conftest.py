"""Settings of the property tests."""

from __future__ import annotations

from hypothesis import settings

# No test may depend on how busy a machine is, and the first call of some imports nlpaug.
settings.register_profile("nlpaug", deadline=None)
settings.load_profile("nlpaug")
