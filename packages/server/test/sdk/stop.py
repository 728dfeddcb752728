"""Waits to be stopped from outside."""
import threading
import wandb

run = wandb.init(project="p1", id="long")
run.log({"x": 1})
print("ready", flush=True)
threading.Event().wait()
