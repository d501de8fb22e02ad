"""Pictures of results: they read samples and estimates, and run nothing themselves."""
