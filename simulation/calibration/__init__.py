"""Laws fitted to measured times: `from simulation.calibration.calibrate import calibrate`."""
