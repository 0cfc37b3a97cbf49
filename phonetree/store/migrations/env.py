"""Alembic's entry point: on the connection, and in the transaction, of `store.migrate`."""

from alembic import context

from phonetree.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
