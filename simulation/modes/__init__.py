"""What `ethercattle simulate` can do with a scenario, a module each: `run(options, scenario)` returns the exit code."""
