"""Reads each job folder of standard input as `wandb.apis.public.Job` does, and prints what it understood."""

import json
import sys
from types import SimpleNamespace

from wandb.apis.public.jobs import Job


class Artifact:
    qualified_name = "local/demo/job:v0"
    state = "COMMITTED"

    def __init__(self, folder):
        self.folder = folder

    def download(self, root=None):
        return self.folder


class Project(SimpleNamespace):
    """Takes what the job says of itself, instead of building it."""

    def __getattr__(self, name):
        if name.startswith("set_job_"):
            return lambda value: self.__dict__.__setitem__(name.removeprefix("set_job_"), value)
        raise AttributeError(name)


for line in sys.stdin:
    folder = json.loads(line)
    api = SimpleNamespace(
        _artifact=lambda name, type: Artifact(folder),
        _artifact_from_id=lambda text: Artifact(folder),
        default_entity="local",
    )
    job = Job(api, "local/demo/job:v0")
    project = Project(docker_image=None)
    if job._job_info["source_type"] == "image":
        job.configure_launch_project(project)
    print(
        json.dumps(
            {
                "source_type": job._job_info["source_type"],
                "entrypoint": job._entrypoint,
                "build_context": job._build_context,
                "dockerfile": job._dockerfile,
                "base_image": job._base_image,
                "runtime": job._job_info["runtime"],
                "docker_image": project.docker_image,
                "input_types": job._input_types.to_json(),
            }
        )
    )
