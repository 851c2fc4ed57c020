"""Settings of the property tests."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

# No test may depend on how busy a machine is, and the first call of some imports nlpaug.
settings.register_profile("nlpaug", deadline=None)
settings.load_profile("nlpaug")
