"""What the hub does by itself: the worker that applies messages, and jobs by the clock."""
