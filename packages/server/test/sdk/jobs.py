"""Jobs: created by the command line and by runs, listed, described, read, and read again unchanged."""
import os, subprocess, sys
import wandb

os.environ["WANDB_PROJECT"] = "p1"
entity = "local"


def command(*arguments):
    done = subprocess.run([sys.executable, "-m", "wandb", *arguments], capture_output=True, text=True)
    text = done.stdout + done.stderr
    assert done.returncode == 0, text
    return text


os.mkdir("code")
with open("code/main.py", "w") as file:
    file.write("print('main')\n")
with open("code/requirements.txt", "w") as file:
    file.write("numpy<3\n")
create = ("job", "create", "-p", "p1", "-e", entity, "-n", "codejob", "-E", "python main.py", "-r", "3.11", "code", "code")
assert "Created job" in command(*create)
assert "No changes detected for" in command(*create)
with open("code/main.py", "a") as file:
    file.write("print('more')\n")
assert "Updated job" in command(*create)
image = command("job", "create", "-p", "p1", "-e", entity, "image", "team/image:main")
assert "job-team_image" in image and "main" in image, image

listed = command("job", "list", "-p", "p1", "-e", entity)
assert "codejob" in listed and "job-team_image" in listed, listed
described = command("job", "describe", f"{entity}/p1/codejob:latest")
assert "main.py" in described, described

api = wandb.Api()
job = api.job(f"{entity}/p1/codejob:latest")
assert job._job_info["source_type"] == "artifact", job._job_info
assert job._job_info["source"]["entrypoint"] == ["python", "main.py"], job._job_info
for run in api.runs("p1"):
    assert run.job_type != "cli_create_job", "the hidden run is still there"

with open("train.py", "w") as file:
    file.write("import wandb\nrun = wandb.init(config={'lr': 0.1})\nrun.log_code('.')\nrun.log({'m': 1})\nrun.finish()\n")
os.environ["WANDB_DISABLE_JOB_CREATION"] = "false"
for _ in range(2):
    subprocess.run([sys.executable, "train.py"], check=True)
automatic = wandb.Api().job(f"{entity}/p1/job-source-p1-train.py:latest")
assert automatic._job_info["source_type"] == "artifact"
assert automatic._job_artifact.version == "v0", automatic._job_artifact.version
os.environ["WANDB_DOCKER"] = "team/other:tag"
subprocess.run([sys.executable, "-c", "import wandb; wandb.init().finish()"], check=True)
assert wandb.Api().job(f"{entity}/p1/job-team_other:tag")._job_info["source"]["image"] == "team/other:tag"
