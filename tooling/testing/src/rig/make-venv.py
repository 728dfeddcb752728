"""Makes a virtual environment once, whoever asks for it at the same time.

Arguments: folder, version of wandb, python to make it with, packages. The lock ends with the
processes that hold it, pip among them, and the mark is written last: a half-made folder has none.
"""

import fcntl
import os
import subprocess
import sys

folder, version, python, *packages = sys.argv[1:]
inside = os.path.join(folder, "bin", "python")
mark = os.path.join(folder, ".complete")
check = "import importlib.metadata as m, sys; sys.exit(m.version('wandb') != sys.argv[1])"

os.makedirs(os.path.dirname(folder), exist_ok=True)
with open(folder + ".lock", "w") as lock:
    fcntl.flock(lock, fcntl.LOCK_EX)

    def succeeds(*command):
        return subprocess.run(command, pass_fds=[lock.fileno()]).returncode == 0

    if not os.path.exists(mark):
        if not (os.path.exists(inside) and succeeds(inside, "-c", check, version)):
            if not succeeds(python, "-m", "venv", "--clear", folder):
                sys.exit(f"{python} cannot make a virtual environment")
            if not succeeds(inside, "-m", "pip", "install", "--quiet", *packages):
                sys.exit(f"pip cannot install {' '.join(packages)}")
        open(mark, "w").close()
