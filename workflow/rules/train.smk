# One rule, or a few that differ in how many models each of their jobs trains (`trainers`).
for trainer in trainers():

    rule:
        """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/models/roles/gamma0/1pre-1post/seed1/model.safetensors"""
        name:
            trainer["name"]
        input:
            patches=training_patches,
            augmentation="<results>/splits/{split}/augmentation.tsv",
            validation="<results>/splits/{split}/validation.tsv",
            scaling="<results>/splits/{split}/scaling.json",
        output:
            models=trainer["models"],
            histories=trainer["histories"],
        log:
            trainer["log"],
        wildcard_constraints:
            features=trainer["features"],
        conda:
            "../../envs/train.yaml"
        threads: config["training"]["threads"]
        resources:
            gpu=gpus(),
            mem_mb=growing(
                config["training"]["mem_mb"] + 1500 * (len(trainer["models"]) - 1)
            ),
            runtime=growing(config["training"]["minutes"] * len(trainer["models"])),
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
