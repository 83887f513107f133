"""What is said of faults and doubts, in English and Romanian."""
