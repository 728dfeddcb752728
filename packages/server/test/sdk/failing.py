"""Ends with an exception."""
import wandb

wandb.init(project="p1", id="broken")
raise RuntimeError("on purpose")
