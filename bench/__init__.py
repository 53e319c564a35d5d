"""``make bench``: what the catalog costs, as ratios in one run."""
