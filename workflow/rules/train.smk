# One rule, or a few that differ in how many models each of their jobs trains (`trainers`).
for trainer in trainers():

    rule:
        name:
            trainer["name"]
        input:
            patches=training_patches,
            augmentation="<results>/splits/{split}/augmentation.tsv",
            validation="<results>/splits/{split}/validation.tsv",
            scaling="<results>/splits/{split}/scaling.json",
        output:
            models=[f"{folder}/model.safetensors" for folder in trainer["folders"]],
            histories=[f"{folder}/history.tsv" for folder in trainer["folders"]],
        log:
            trainer["log"],
        wildcard_constraints:
            features=trainer["features"],
        conda:
            "../../envs/train.yaml"
        threads: config["training"]["threads"]
        resources:
            gpu=gpus(),
            mem_mb=config["training"]["mem_mb"] + 1500 * (len(trainer["folders"]) - 1),
            runtime=240 * len(trainer["folders"]),
        params:
            events=training_events,
            models=models_of_job(trainer["members"]),
            augmentation=augmentation,
            scope=scaling_scope,
            s2_offset=s2_offset,
            network=lookup(dpath="model", within=config),
            training=learning(),
            threshold=lookup(dpath="threshold", within=config),
            code=code("train.py"),
        message:
            trainer["message"]
        script:
            "../scripts/train.py"
