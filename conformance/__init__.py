"""The judge, and what runs under it. Empty on purpose: importing one part must not load another."""
