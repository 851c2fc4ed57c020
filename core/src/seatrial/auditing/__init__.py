"""Running audits, and what of it stops a run."""
