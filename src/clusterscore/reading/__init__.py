"""What people send, read as canonical tables: their numbers, their spelling, their columns."""
