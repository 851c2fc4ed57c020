"""What is measured and by whom: workload, schedule, worker, executors."""
