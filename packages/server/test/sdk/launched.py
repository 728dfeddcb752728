"""A script inside a launched container: all it knows is in the environment, the key is the run's own."""
import os
import wandb

run = wandb.init()
run.log({"loss": 1})
assert run.config["lr"] == 0.2, dict(run.config)
run.config.update({"own": 1})
run.use_artifact("ds:latest").download(root="down")
with open("down/a.txt") as file:
    assert file.read() == "data"
run.finish()

# Several runs in one script are fine, in the same project.
for name in ("WANDB_RUN_ID", "WANDB_NAME"):
    os.environ.pop(name, None)
other = wandb.init(project="p1", id="second", name="second")
other.log({"loss": 2})
other.finish()
try:
    wandb.init(project="elsewhere", id="third")
    raise SystemExit("a run's key wrote to another project")
except wandb.errors.CommError as error:
    assert "may write only to" in str(error), error
