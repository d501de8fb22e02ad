"""What a run found, as a table, readable differences, JSON and JUnit."""
