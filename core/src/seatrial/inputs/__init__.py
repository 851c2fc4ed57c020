"""Cases in: loading, modalities, content and identity, parts, applying a perturbation."""
