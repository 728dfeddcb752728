"""Versions, aliases, references, drafts, lists and downloads of artifacts."""
import os
import wandb

api = wandb.Api()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def made(text, name="ds", type="dataset"):
    artifact = wandb.Artifact(name, type, description="about", metadata={"k": 1})
    write("x.txt", text)
    artifact.add_file("x.txt", name="in/x y.txt")
    return artifact


write("outside.txt", "outside")
run = wandb.init(project="p1")
first = made("one")
first.add_reference("file://" + os.path.abspath("outside.txt"), name="ref.txt")
run.log_artifact(first, aliases=["best"]).wait()
assert (first.version, sorted(first.aliases)) == ("v0", ["best", "latest"]), (first.version, first.aliases)
second = run.log_artifact(made("two")).wait()
assert second.version == "v1", second.version
again = run.log_artifact(made("two")).wait()
assert again.id == second.id and again.version == "v1"
used = run.use_artifact("ds:best")
assert used.version == "v0"
run.finish()

found = api.artifact("p1/ds:best")
assert (found.type, found.description, found.metadata, found.size, found.file_count) == ("dataset", "about", {"k": 1}, 10, 2), (found.size, found.file_count)
folder = found.download(root="down")
with open(os.path.join(folder, "in/x y.txt")) as file:
    assert file.read() == "one"
with open(os.path.join(folder, "ref.txt")) as file:
    assert file.read() == "outside"
assert sorted(file.name for file in found.files()) == ["in/x y.txt", "ref.txt"]
assert api.artifact("p1/ds:latest").version == "v1"
assert api.artifact("p1/ds:v0").id == found.id

found.aliases.append("prod")
found.description = "changed"
found.metadata["k"] = 2
found.save()
fresh = wandb.Api().artifact("p1/ds:prod")
assert (fresh.version, fresh.description, fresh.metadata) == ("v0", "changed", {"k": 2})
fresh.aliases.remove("prod")
fresh.save()
try:
    wandb.Api().artifact("p1/ds:prod")
    raise SystemExit("the alias is still there")
except wandb.errors.CommError:
    pass

run = wandb.init(project="p1")
draft = run.use_artifact("ds:v0").new_draft()
write("y.txt", "added")
draft.add_file("y.txt")
run.log_artifact(draft).wait()
run.finish()
folder = wandb.Api().artifact("p1/ds:latest").download(root="draft")
assert sorted(os.listdir(folder)) == ["in", "ref.txt", "y.txt"], os.listdir(folder)
with open(os.path.join(folder, "in/x y.txt")) as file:
    assert file.read() == "one"

api = wandb.Api()
assert [type.name for type in api.artifact_types(project="p1") if type.name == "dataset"] == ["dataset"]
assert "ds" in [each.name for each in api.artifact_type("dataset", project="p1").collections()]
versions = [each.version for each in api.artifacts("dataset", "p1/ds")] if hasattr(api, "artifacts") else [each.version for each in api.artifact_versions("dataset", "p1/ds")]
assert versions == ["v2", "v1", "v0"], versions
source = api.run(f"p1/{first.logged_by().id}")
assert [each.name for each in source.logged_artifacts() if each.type == "dataset"] == ["ds:v0", "ds:v1"]
assert [each.name for each in source.used_artifacts()] == ["ds:v0"]
assert source.id in [each.id for each in api.artifact("p1/ds:v0").used_by()]

run = wandb.init(project="p1")
try:
    run.log_artifact(made("x", type="model")).wait()
    raise SystemExit("a name got a second type")
except ValueError as error:
    assert "already exists with type" in str(error), error
run.finish()

api.artifact("p1/ds:v1").delete(delete_aliases=True)
left = [each.version for each in wandb.Api().artifacts("dataset", "p1/ds")] if hasattr(api, "artifacts") else [each.version for each in wandb.Api().artifact_versions("dataset", "p1/ds")]
assert left == ["v2", "v0"], left
