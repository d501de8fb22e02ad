"""Compare any replica's answers with a reference's."""
