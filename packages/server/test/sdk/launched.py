"""A script inside a launched container: all it knows is in the environment, the key is the run's own."""
import os, subprocess, sys
import wandb

run = wandb.init()
run.log({"loss": 1})
assert run.config["lr"] == 0.2, dict(run.config)
run.config.update({"own": 1})
run.use_artifact("ds:latest").download(root="down")
with open("down/a.txt") as file:
    assert file.read() == "data"
run.finish()


def plainly(text):
    """Runs Python with the run's key, but without the rest of the launch."""
    environment = {key: value for key, value in os.environ.items() if key not in ("WANDB_LAUNCH", "WANDB_RUN_ID", "WANDB_NAME", "WANDB_ARTIFACTS", "WANDB_PROJECT")}
    return subprocess.run([sys.executable, "-c", text], env=environment, capture_output=True, text=True)


# Several runs in one script are fine, in the same project.
second = plainly("import wandb; run = wandb.init(project='P1', id='second'); run.log({'loss': 2}); run.finish()")
assert second.returncode == 0, second.stdout + second.stderr
elsewhere = plainly("import wandb; wandb.init(project='elsewhere', id='third')")
assert elsewhere.returncode != 0, "a run's key wrote to another project"
assert "may write only to" in elsewhere.stdout + elsewhere.stderr, elsewhere.stdout + elsewhere.stderr
