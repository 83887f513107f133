"""The contenders of ``benchmarks/fit.py``, one process each."""
