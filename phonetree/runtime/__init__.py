"""A running server: the live sites, periodic work, alerts to staff. It knows neither Flask nor an address of ours."""
