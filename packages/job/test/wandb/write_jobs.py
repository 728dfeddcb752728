"""Writes each job of standard input (JSON lines) with the released wandb, and prints what it made."""

import json
import os
import sys
import tempfile

import wandb.sdk.launch.create_job as create_job

os.environ["WANDB_SILENT"] = "true"

for line in sys.stdin:
    job = json.loads(line)
    with tempfile.TemporaryDirectory() as folder:
        requirements = None
        if job["kind"] == "git":
            metadata = {
                "git": {"commit": job["commit"], "remote": job["remote"]},
                "entrypoint": job["entryPoint"],
                "python": job["runtime"],
                "notebook": False,
            }
        elif job["kind"] == "code":
            metadata = {
                "python": job["runtime"],
                "codePath": "main.py",
                "entrypoint": job["entryPoint"],
            }
            requirements = job["requirements"].splitlines()
        else:
            metadata = {"python": "", "docker": job["image"]}
        create_job._dump_metadata_and_requirements(folder, metadata, requirements)
        builder = create_job._configure_job_builder_for_partial(folder, job["kind"])
        builder._settings.job_name = job.get("name")
        if job["kind"] == "code":
            builder._logged_code_artifact = {"id": job["artifactId"], "name": "code-x:v0"}
        artifact = builder.build(
            None,
            build_context=job.get("buildContext"),
            dockerfile=job.get("dockerfile"),
            base_image=job.get("baseImage"),
        )
        entry = artifact.manifest.entries["wandb-job.json"]
        with open(entry.local_path) as file:
            text = file.read()
        print(
            json.dumps(
                {
                    "name": artifact.name.split(":")[0],
                    "aliases": builder._aliases,
                    "digest": artifact.digest,
                    "text": text,
                }
            )
        )
