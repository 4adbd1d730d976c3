rule train:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/models/roles/gamma0/1pre-1post/seed1/model.safetensors"""
    input:
        patches=training_patches,
        augmentation="<results>/splits/{split}/augmentation.tsv",
        validation="<results>/splits/{split}/validation.tsv",
        scaling="<results>/splits/{split}/scaling.json",
    output:
        model="<results>/models/{split}/{features}/{scenario}/seed{seed}/model.safetensors",
        history="<results>/models/{split}/{features}/{scenario}/seed{seed}/history.tsv",
    log:
        "<logs>/train/{split}_{features}_{scenario}_seed{seed}.log",
    conda:
        "../../envs/train.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=gpus(),
        mem_mb=growing(10000),
        runtime=growing(240),
    params:
        channels=manifest,
        events=training_events,
        augmentation=augmentation,
        scope=scaling_scope,
        s2_offset=s2_offset,
        network=lookup(dpath="model", within=config),
        training=learning(),
        threshold=lookup(dpath="threshold", within=config),
        code=code("train.py"),
    message:
        "Training {wildcards.features} in {wildcards.scenario}, seed {wildcards.seed}, split {wildcards.split}"
    script:
        "../scripts/train.py"
