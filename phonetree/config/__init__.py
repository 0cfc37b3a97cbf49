"""YAML to a site. Staff edit hours.yaml and routing.yaml; every problem in both is found at once."""
