"""Verdicts: evidence, demands, comparison, trade-offs."""
