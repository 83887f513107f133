"""Step 2: one validated record per observation."""
