"""Waits to be stopped from outside."""
import threading
import wandb

run = wandb.init(project="p1", id="long")
run.log({"x": 1})
print("ready", flush=True)
never = threading.Event()
while not never.wait(0.1):  # the old SDK interrupts only a main thread that comes up for air
    pass
