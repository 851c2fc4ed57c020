"""A run directory: database, manifest, records, report."""
