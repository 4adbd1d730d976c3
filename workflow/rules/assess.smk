rule stratify:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/strata/SIM01.tif"""
    input:
        cube="<results>/cubes/{event}.nc",
        geometry=geometry_of_event,
    output:
        "<results>/strata/{event}.tif",
    log:
        "<logs>/stratify/{event}.log",
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(20),
    params:
        orbit=orbit_of_event,
        code=code("stratify.py"),
    message:
        "Dividing {wildcards.event} by radar geometry, slope and size of landslide"
    script:
        "../scripts/stratify.py"


rule assess:
    """What the stored predictions of a model say; nothing is predicted again.

    Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/models/roles/gamma0/1pre-1post/seed1/measures.tsv
    """
    input:
        model="<results>/models/{split}/{features}/{scenario}/seed{seed}/model.safetensors",
        predictions="<results>/models/{split}/{features}/{scenario}/seed{seed}/predictions",
        validated="<results>/models/{split}/{features}/{scenario}/seed{seed}/validation",
        training=training_patches,
        validation="<results>/splits/{split}/validation.tsv",
        patches=site_patches,
        tests=site_tests,
        strata=site_strata,
    output:
        measures="<results>/models/{split}/{features}/{scenario}/seed{seed}/measures.tsv",
        reliability="<results>/models/{split}/{features}/{scenario}/seed{seed}/reliability.tsv",
        thresholds="<results>/models/{split}/{features}/{scenario}/seed{seed}/thresholds.tsv",
        objects="<results>/models/{split}/{features}/{scenario}/seed{seed}/objects.tsv",
        object_counts="<results>/models/{split}/{features}/{scenario}/seed{seed}/object_counts.tsv",
        strata="<results>/models/{split}/{features}/{scenario}/seed{seed}/strata.tsv",
    log:
        "<logs>/assess/{split}_{features}_{scenario}_seed{seed}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(3000),
        runtime=growing(20),
    params:
        events=training_events,
        sites=sites,
        stratified=stratified_sites,
        code=code("assess.py"),
    message:
        "Assessing {wildcards.features} in {wildcards.scenario}, seed {wildcards.seed}, split {wildcards.split}"
    script:
        "../scripts/assess.py"


rule gather:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/summary/measures.tsv"""
    input:
        measures=of_models("measures.tsv"),
        reliability=of_models("reliability.tsv"),
        thresholds=of_models("thresholds.tsv"),
        object_counts=of_models("object_counts.tsv"),
        strata=of_models("strata.tsv"),
    output:
        measures=report(
            "<results>/summary/measures.tsv",
            category="6 What probabilities are worth",
            caption="../report/measures.rst",
            labels={
                "what": "probability, calibration and outlines, per site and model"
            },
        ),
        reliability="<results>/summary/reliability.tsv",
        thresholds="<results>/summary/thresholds.tsv",
        object_counts=report(
            "<results>/summary/object_counts.tsv",
            category="5 What is found and missed",
            caption="../report/object_counts.rst",
            labels={"what": "landslides found, missed and false, per site and model"},
        ),
        strata=report(
            "<results>/summary/strata.tsv",
            category="5 What is found and missed",
            caption="../report/strata_table.rst",
            labels={"what": "by radar geometry, slope and size, per site and model"},
        ),
    log:
        "<logs>/gather.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        models=trained(),
        code=code("gather.py"),
    message:
        "Gathering what was assessed of all models"
    script:
        "../scripts/gather.py"


rule figure_reliability:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/roles_reliability.svg"""
    input:
        measures="<results>/summary/measures.tsv",
        reliability="<results>/summary/reliability.tsv",
    output:
        svg=report(
            "<results>/figures/{family}_reliability.svg",
            category="6 What probabilities are worth",
            caption="../report/reliability.rst",
            labels={"split": "{family}", "what": "reliability"},
        ),
        png="<results>/figures/{family}_reliability.png",
    log:
        "<logs>/figure_reliability/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        names=names(),
        shown=shown_models(),
        code=code("figure_reliability.py"),
    message:
        "Drawing what probabilities are worth, split {wildcards.family}"
    script:
        "../scripts/figure_reliability.py"


rule figure_thresholds:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/roles_thresholds.svg"""
    input:
        measures="<results>/summary/measures.tsv",
        thresholds="<results>/summary/thresholds.tsv",
    output:
        svg=report(
            "<results>/figures/{family}_thresholds.svg",
            category="6 What probabilities are worth",
            caption="../report/thresholds.rst",
            labels={"split": "{family}", "what": "scores by threshold"},
        ),
        png="<results>/figures/{family}_thresholds.png",
    log:
        "<logs>/figure_thresholds/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(3000),
        runtime=growing(20),
    params:
        names=names(),
        threshold=config["threshold"],
        code=code("figure_thresholds.py"),
    message:
        "Drawing scores by threshold, split {wildcards.family}"
    script:
        "../scripts/figure_thresholds.py"


rule figure_sizes:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/roles_sizes.svg"""
    input:
        measures="<results>/summary/measures.tsv",
        objects="<results>/summary/object_counts.tsv",
    output:
        svg=report(
            "<results>/figures/{family}_sizes.svg",
            category="5 What is found and missed",
            caption="../report/sizes.rst",
            labels={
                "split": "{family}",
                "what": "landslides found and missed, by size",
            },
        ),
        png="<results>/figures/{family}_sizes.png",
    log:
        "<logs>/figure_sizes/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        names=names(),
        groups=groups_of_sites,
        code=code("figure_sizes.py"),
    message:
        "Drawing landslides found and missed, split {wildcards.family}"
    script:
        "../scripts/figure_sizes.py"


rule figure_strata:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/roles_strata.svg"""
    input:
        measures="<results>/summary/measures.tsv",
        strata="<results>/summary/strata.tsv",
    output:
        svg=report(
            "<results>/figures/{family}_strata.svg",
            category="5 What is found and missed",
            caption="../report/strata.rst",
            labels={"split": "{family}", "what": "by radar geometry, slope and size"},
        ),
        png="<results>/figures/{family}_strata.png",
    log:
        "<logs>/figure_strata/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        names=names(),
        groups=groups_of_sites,
        shown=shown_experiments(),
        code=code("figure_strata.py"),
    message:
        "Drawing recall by radar geometry, slope and size, split {wildcards.family}"
    script:
        "../scripts/figure_strata.py"


rule model_cards:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/models/roles/gamma0/1pre-1post/seed1/MODEL_CARD.md"""
    input:
        models=of_models("model.safetensors"),
        measures="<results>/summary/measures.tsv",
        objects="<results>/summary/object_counts.tsv",
        strata="<results>/summary/strata.tsv",
    output:
        of_models("MODEL_CARD.md"),
    log:
        "<logs>/model_cards.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(20),
    params:
        groups=groups_of_all_sites(),
        code=code("model_cards.py"),
    message:
        "Writing a card for every trained model"
    script:
        "../scripts/model_cards.py"
