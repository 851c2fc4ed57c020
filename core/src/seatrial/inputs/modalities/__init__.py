"""The modalities of the core: what values of each kind are, and how they are kept and measured."""
