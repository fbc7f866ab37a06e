"""What schools say about absence, and the pupils it asks an officer to consider."""
