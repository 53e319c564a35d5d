"""From a reading to changes: compared with the catalog, said, and applied in one transaction or not at all."""
