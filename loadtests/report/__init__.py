"""What a run leaves for people and programs besides its JSON: a page, and its seconds as CSV."""
