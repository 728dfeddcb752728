"""Runs a program and tells what it took: `measure.py <file> <word>...`.

A process starts with the memory of the one that starts it counted as its own peak, and this one is
smaller than anything that is measured. The file gets seconds and kilobytes; output and exit code are
the program's.
"""

import resource
import subprocess
import sys
import time

file, *command = sys.argv[1:]
start = time.perf_counter()
code = subprocess.call(command)
seconds = time.perf_counter() - start
with open(file, "w") as report:
    report.write(f"{seconds} {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss}")
sys.exit(code if code >= 0 else 128 - code)
