"""The verbs, the only place where the rooms meet."""
