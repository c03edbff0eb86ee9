"""Jobs: engines started, signalled, asked and queued."""
