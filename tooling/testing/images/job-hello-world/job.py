import wandb

with wandb.init(config={"learning_rate": 0.1, "epochs": 3}) as run:
    for epoch in range(int(run.config["epochs"])):
        run.log({"loss": 1.0 / (epoch + 1), "learning_rate": run.config["learning_rate"]})
    print("hello world")
