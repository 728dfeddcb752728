"""The public Api over several runs: filters, order, pages, edits, files, deletions; and logging in."""
import wandb

assert wandb.login(verify=True)
for number in range(4):
    run = wandb.init(project="p2", name=f"run-{number}", config={"n": number, "deep": {"er": number}}, tags=["even" if number % 2 == 0 else "odd"])
    run.log({"score": 10 - number})
    run.finish()

api = wandb.Api()
assert api.default_entity == "local" and api.viewer.username == "local"


def names(filters=None, order="+created_at"):
    return [run.name for run in api.runs("p2", filters=filters, order=order, per_page=3)]


assert names() == ["run-0", "run-1", "run-2", "run-3"]
assert names(order="-created_at")[0] == "run-3"
assert names({"config.n": {"$gt": 1}}) == ["run-2", "run-3"]
assert names({"config.n.value": 1}) == ["run-1"]
assert names({"config.deep.er": 2}) == ["run-2"]
assert names({"tags": "odd"}) == ["run-1", "run-3"]
assert names({"$or": [{"display_name": "run-0"}, {"display_name": {"$regex": "-3$"}}]}) == ["run-0", "run-3"]
assert names({"summary_metrics.score": {"$lte": 8}}) == ["run-2", "run-3"]
assert names({"state": {"$in": ["failed"]}}) == []
assert names(order="-summary_metrics.score") == ["run-0", "run-1", "run-2", "run-3"]
assert names(order="+summary_metrics.score") == ["run-3", "run-2", "run-1", "run-0"]
assert len(api.runs("p2", filters={"tags": "odd"})) == 2
assert "p2" in [project.name for project in api.projects("local")]

run = api.runs("p2", order="+created_at")[0]
run.display_name = "renamed"
run.config["added"] = 5
run.tags.append("more")
run.notes = "noted"
run.update()
run.summary["after"] = 7
run.summary.update()
fresh = wandb.Api().run(f"p2/{run.id}")
assert (fresh.name, fresh.config["added"], fresh.tags, fresh.notes, fresh.state) == ("renamed", 5, ["even", "more"], "noted", "finished")
assert fresh.summary["after"] == 7 and fresh.summary["score"] == 10

with open("up.txt", "w") as file:
    file.write("late")
fresh.upload_file("up.txt")
assert fresh.state == "finished"
assert "up.txt" in [file.name for file in wandb.Api().run(f"p2/{run.id}").files()]
wandb.Api().run(f"p2/{run.id}").file("up.txt").delete()
assert "up.txt" not in [file.name for file in wandb.Api().run(f"p2/{run.id}").files()]

fresh.delete()
assert len(wandb.Api().runs("p2")) == 3
for missing in ("p2/nothere0", "nowhere/x"):
    try:
        wandb.Api().run(missing)
        raise SystemExit(f"{missing} was found")
    except (wandb.errors.CommError, ValueError):
        pass
