"""A run that is taken up again goes on where it stopped."""
import wandb

run = wandb.init(project="p1", id="again", config={"a": 1})
run.log({"x": 1})
run.log({"x": 2})
run.finish(exit_code=1)
assert wandb.Api().run("p1/again").state == "failed"
run = wandb.init(project="p1", id="again", resume="must")
assert run.resumed and run.starting_step == 2, run.starting_step
assert run.config["a"] == 1 and run.summary["x"] == 2
run.log({"x": 3})
run.finish()
found = wandb.Api().run("p1/again")
assert found.state == "finished"
assert [(row["_step"], row["x"]) for row in found.scan_history()] == [(0, 1), (1, 2), (2, 3)]
