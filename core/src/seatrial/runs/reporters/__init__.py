"""The reporters of the core: results as text, JSON, CSV and Markdown."""
