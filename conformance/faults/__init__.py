"""Plants faults in right answers, to show that the comparison sees each of them; and endpoints that misbehave."""
