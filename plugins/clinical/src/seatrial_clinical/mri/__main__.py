"""Try a small U-Net and deepbet on MRI artefacts; repair the one that fails, and try it again.

python -m seatrial_clinical.mri --to runs/mri
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ._demo import demonstrate


def main() -> None:
    """Read the command line."""
    first = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser("python -m seatrial_clinical.mri", description=first)
    parser.add_argument("--to", type=Path, default=Path("runs/mri"), help="where runs are kept")
    parser.add_argument("--draws", type=int, default=12, help="draws of each artefact")
    parser.add_argument("--steps", type=int, default=150, help="training steps of the U-Net")
    parser.add_argument("--epochs", type=int, default=6, help="epochs of the repair")
    given = parser.parse_args()
    demonstrate(given.to, draws=given.draws, steps=given.steps, epochs=given.epochs)


if __name__ == "__main__":
    main()
