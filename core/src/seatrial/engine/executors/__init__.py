"""Where batches are measured: here, in threads, in processes, on any executor of Python."""
