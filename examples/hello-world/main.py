import wandb

with wandb.init() as run:
    run.log({"metric": 0.5})
