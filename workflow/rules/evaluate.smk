rule evaluate:
    """One job per model scores all its sites; everything later is computed from what it writes.

    Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/models/roles/gamma0/1pre-1post/seed1/scores.tsv
    """
    input:
        model="<results>/models/{split}/{features}/{scenario}/seed{seed}/model.safetensors",
        patches=site_patches,
        tests=site_tests,
        training=training_patches,
        validation="<results>/splits/{split}/validation.tsv",
    output:
        scores="<results>/models/{split}/{features}/{scenario}/seed{seed}/scores.tsv",
        patches="<results>/models/{split}/{features}/{scenario}/seed{seed}/scores_patches.tsv",
        predictions=directory(
            "<results>/models/{split}/{features}/{scenario}/seed{seed}/predictions"
        ),
        validated=directory(
            "<results>/models/{split}/{features}/{scenario}/seed{seed}/validation"
        ),
    log:
        "<logs>/evaluate/{split}_{features}_{scenario}_seed{seed}.log",
    conda:
        "../../envs/train.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=gpus(),
        mem_mb=growing(6000),
        runtime=growing(20),
    params:
        events=training_events,
        sites=sites,
        code=code("evaluate.py"),
    message:
        "Scoring {wildcards.features} in {wildcards.scenario}, seed {wildcards.seed}, split {wildcards.split}"
    script:
        "../scripts/evaluate.py"


rule baselines:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/splits/roles/baselines.tsv"""
    input:
        training=training_patches,
        train="<results>/splits/{split}/train.tsv",
        patches=site_patches,
        tests=site_tests,
    output:
        "<results>/splits/{split}/baselines.tsv",
    log:
        "<logs>/baselines/{split}.log",
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(60),
    params:
        events=training_events,
        sites=sites,
        channels=all_manifests(),
        s2_offset=config["archive"]["s2_offset"],
        code=code("baselines.py"),
    message:
        "Fitting the best single-band threshold of split {wildcards.split}"
    script:
        "../scripts/baselines.py"


rule summarise:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/summary/metrics.tsv"""
    input:
        scores=of_models("scores.tsv"),
        baselines=of_splits("baselines.tsv"),
    output:
        metrics=report(
            "<results>/summary/metrics.tsv",
            category="9 All scores",
            caption="../report/metrics.rst",
            labels={"what": "per site and model"},
        ),
        averages=report(
            "<results>/summary/averages.tsv",
            category="9 All scores",
            caption="../report/averages.rst",
            labels={"what": "averages"},
        ),
        seeds=report(
            "<results>/summary/seeds.tsv",
            category="9 All scores",
            caption="../report/seeds.rst",
            labels={"what": "mean and spread over seeds"},
        ),
        baselines=report(
            "<results>/summary/baselines.tsv",
            category="9 All scores",
            caption="../report/baselines.rst",
            labels={"what": "baselines"},
        ),
    log:
        "<logs>/summarise.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        models=trained(),
        code=code("summarise.py"),
    message:
        "Gathering the scores of all models"
    script:
        "../scripts/summarise.py"
