"""From the vehicle's outbox to the department's storage: batches, receipts, and nothing lost on the way."""
