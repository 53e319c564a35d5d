"""How the catalog is deployed: files for compose, systemd and Kubernetes, and what checks them."""
