"""Whom the suites judge: the reference, its broken variants, and (through the subject protocol) anybody's store."""
