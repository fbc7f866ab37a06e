"""A program that behaves as SIMS's CommandReporter does, and a made-up school as its reports.

`install` puts the program and what it knows into a folder. The program itself is `program.main`,
which needs the standard library alone, so that it starts as fast as a real one.
"""
