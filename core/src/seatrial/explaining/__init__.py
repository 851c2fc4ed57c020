"""Learning from outcomes: split, baselines, grade, findings."""
