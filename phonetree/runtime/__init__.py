"""A running server: the live sites, periodic work, alerts to staff. It knows neither Flask nor our addresses."""
