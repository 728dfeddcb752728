"""A run logged offline, then sent with `wandb sync`."""
import glob, os, subprocess, sys
import wandb

os.environ["WANDB_MODE"] = "offline"
run = wandb.init(project="p1", id="away", config={"a": 1})
artifact = wandb.Artifact("offline-ds", "dataset")
with open("x.txt", "w") as file:
    file.write("x")
artifact.add_file("x.txt")
run.log_artifact(artifact)
run.log({"x": 1})
run.finish()
os.environ["WANDB_MODE"] = "online"
folder = glob.glob(os.path.join(os.environ["WANDB_DIR"], "wandb", "offline-run-*"))[0]
done = subprocess.run([sys.executable, "-m", "wandb", "sync", folder], capture_output=True, text=True)
assert done.returncode == 0, done.stdout + done.stderr
found = wandb.Api().run("p1/away")
assert (found.state, found.summary["x"], found.config["a"]) == ("finished", 1, 1)
assert wandb.Api().artifact("p1/offline-ds:latest").version == "v0"
