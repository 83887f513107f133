"""Beside the six steps: what a researcher reads before trusting, and changes to refine.

Notebooks ``01-observations``, ``02-model`` and ``03-posterior`` show it, part by part. Unlike ``report`` it may
compute, and draw from the prior.
"""
