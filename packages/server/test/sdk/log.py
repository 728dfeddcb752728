"""A run that logs everything a script usually logs, then reads itself back."""
import os, sys
import wandb

big = 2**60 + 1
run = wandb.init(project="p1", name="first", config={"lr": 0.1, "n": {"a": 1}}, notes="hello", tags=["t1"], group="g", job_type="train")
for i in range(5):
    run.log({"metric": i + 0.5, "text": "x", "nan": float("nan"), "inf": float("inf"), "big": big, "deep": {"er": i}})
run.log({"table": wandb.Table(columns=["a"], data=[[1]]), "html": wandb.Html("<b>x</b>")})
run.summary["best"] = 9
run.config.update({"late": 1})
with open("a b%25.txt", "w") as file:
    file.write("saved")
run.save("a b%25.txt")
run.alert("title", "text")
print("said on stdout")
print("said on stderr", file=sys.stderr)
run.finish()

found = wandb.Api().run(f"p1/{run.id}")
assert found.state == "finished", found.state
assert found.config == {"lr": 0.1, "n": {"a": 1}, "late": 1}, found.config
assert (found.name, found.notes, found.tags, found.group, found.job_type) == ("first", "hello", ["t1"], "g", "train")
summary = found.summary
assert summary["metric"] == 4.5 and summary["best"] == 9 and summary["big"] == big, dict(summary)
assert summary["nan"] != summary["nan"] and summary["inf"] == float("inf")
history = found.history(pandas=False)
assert [row.get("metric") for row in history] == [0.5, 1.5, 2.5, 3.5, 4.5, None], history
assert history[0]["big"] == big and history[0]["nan"] != history[0]["nan"]
assert [row["metric"] for row in found.history(keys=["metric"], pandas=False)] == [0.5, 1.5, 2.5, 3.5, 4.5]
assert len(found.history(samples=3, pandas=False)) == 3
assert [row.get("metric") for row in found.scan_history()] == [0.5, 1.5, 2.5, 3.5, 4.5, None]
assert [row["metric"] for row in found.scan_history(keys=["metric"])] == [0.5, 1.5, 2.5, 3.5, 4.5]
assert len(list(found.scan_history(page_size=2, min_step=1, max_step=4))) == 3
names = sorted(file.name for file in found.files())
assert {"a b%25.txt", "config.yaml", "output.log", "requirements.txt", "wandb-metadata.json", "wandb-summary.json"} <= set(names), names
assert any(name.startswith("media/html/") for name in names), names
os.mkdir("read")
found.file("a b%25.txt").download(root="read")
with open("read/a b%25.txt") as file:
    assert file.read() == "saved"
found.file("output.log").download(root="read")
with open("read/output.log") as file:
    text = file.read()
    assert "said on stdout" in text and "said on stderr" in text, text
print(run.id)
