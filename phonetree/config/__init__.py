"""YAML to a site. Staff edit hours.yaml and routing.yaml; every problem of both is found at once."""
