"""Training, evaluation and export of the digit network (needs the ``train`` extra)."""
