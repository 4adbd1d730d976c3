rule figure_scores:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/roles_f1_per_site.svg"""
    input:
        metrics="<results>/summary/metrics.tsv",
        baselines="<results>/summary/baselines.tsv",
    output:
        svg=report(
            "<results>/figures/{family}_f1_per_site.svg",
            category="2 Radar, optical images or both",
            caption="../report/f1_per_site.rst",
            labels={"split": "{family}", "what": "F1 per site"},
        ),
        png="<results>/figures/{family}_f1_per_site.png",
    log:
        "<logs>/figure_scores/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        names=names(),
        code=code("figure_scores.py"),
    message:
        "Drawing F1 per site, split {wildcards.family}"
    script:
        "../scripts/figure_scores.py"


rule figure_dates:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/roles_f1_by_dates.svg"""
    input:
        metrics="<results>/summary/metrics.tsv",
    output:
        svg=report(
            "<results>/figures/{family}_f1_by_dates.svg",
            category="3 How many dates",
            caption="../report/f1_by_dates.rst",
            labels={"split": "{family}", "what": "F1 by number of dates"},
        ),
        png="<results>/figures/{family}_f1_by_dates.png",
    log:
        "<logs>/figure_dates/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        names=names(),
        code=code("figure_dates.py"),
    message:
        "Drawing F1 by number of dates, split {wildcards.family}"
    script:
        "../scripts/figure_dates.py"


rule figure_augmentation:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/roles_augmentation.svg"""
    input:
        metrics="<results>/summary/metrics.tsv",
    output:
        svg=report(
            "<results>/figures/{family}_augmentation.svg",
            category="7 Choices of the study",
            caption="../report/augmentation.rst",
            labels={"split": "{family}", "what": "effect of augmentation"},
        ),
        png="<results>/figures/{family}_augmentation.png",
    log:
        "<logs>/figure_augmentation/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        names=names(),
        pairs=pairs("augmentation", "none"),
        meaning=["not augmented", "augmented"],
        code=code("figure_pairs.py"),
    message:
        "Drawing the effect of augmentation, split {wildcards.family}"
    script:
        "../scripts/figure_pairs.py"


rule figure_s2_offset:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/roles_s2_offset.svg"""
    input:
        metrics="<results>/summary/metrics.tsv",
    output:
        svg=report(
            "<results>/figures/{family}_s2_offset.svg",
            category="7 Choices of the study",
            caption="../report/s2_offset.rst",
            labels={"split": "{family}", "what": "effect of the Sentinel-2 offset"},
        ),
        png="<results>/figures/{family}_s2_offset.png",
    log:
        "<logs>/figure_s2_offset/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        names=names(),
        pairs=pairs("s2_offset", "as-published"),
        meaning=["as published", "offset taken off"],
        code=code("figure_pairs.py"),
    message:
        "Drawing the effect of the Sentinel-2 offset, split {wildcards.family}"
    script:
        "../scripts/figure_pairs.py"


rule figure_scaling:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/roles_scaling.svg"""
    input:
        metrics="<results>/summary/metrics.tsv",
    output:
        svg=report(
            "<results>/figures/{family}_scaling.svg",
            category="7 Choices of the study",
            caption="../report/scaling.rst",
            labels={"split": "{family}", "what": "effect of scaling"},
        ),
        png="<results>/figures/{family}_scaling.png",
    log:
        "<logs>/figure_scaling/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        names=names(),
        pairs=pairs("scaling", "train"),
        meaning=["limits of training patches", "of another scope"],
        code=code("figure_pairs.py"),
    message:
        "Drawing the effect of scaling, split {wildcards.family}"
    script:
        "../scripts/figure_pairs.py"


rule figure_training:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/roles_training.svg"""
    input:
        of_family("history.tsv"),
    output:
        svg=report(
            "<results>/figures/{family}_training.svg",
            category="7 Choices of the study",
            caption="../report/training.rst",
            labels={"split": "{family}", "what": "training curves"},
        ),
        png="<results>/figures/{family}_training.png",
    log:
        "<logs>/figure_training/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        names=names(),
        models=trained_in_family,
        simulated=any_simulated(),
        code=code("figure_training.py"),
    message:
        "Drawing training curves, split {wildcards.family}"
    script:
        "../scripts/figure_training.py"


rule figure_map:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/maps/roles_SIM03.png"""
    input:
        cube="<results>/cubes/{event}.nc",
        predictions=predictions_of_site,
    output:
        report(
            "<results>/figures/maps/{split}_{event}.png",
            category="5 What is found and missed",
            caption="../report/map.rst",
            labels={"split": "{split}", "site": "{event}"},
        ),
    log:
        "<logs>/figure_map/{split}_{event}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(20),
    params:
        names=names(),
        models=mapped_models,
        code=code("figure_map.py"),
    message:
        "Drawing hits and misses at {wildcards.event}, split {wildcards.split}"
    script:
        "../scripts/figure_map.py"


rule table_scores:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/summary/roles_scores.html"""
    input:
        metrics="<results>/summary/metrics.tsv",
    output:
        scores=report(
            "<results>/summary/{family}_scores.html",
            category="9 All scores",
            caption="../report/table.rst",
            labels={"split": "{family}", "what": "per site, to sort and read"},
        ),
        averages=report(
            "<results>/summary/{family}_averages.html",
            category="9 All scores",
            caption="../report/averages.rst",
            labels={"split": "{family}", "what": "averages, to sort and read"},
        ),
    log:
        "<logs>/table_scores/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        names=names(),
        code=code("table_scores.py"),
    message:
        "Writing the tables of scores, split {wildcards.family}"
    script:
        "../scripts/table_scores.py"


rule conclude:
    """Test with: snakemake -c1 --configfile config/demo.yaml results/demo/summary/roles_findings.html"""
    input:
        metrics="<results>/summary/metrics.tsv",
        strata="<results>/summary/strata.tsv",
        histories=of_family("history.tsv"),
    output:
        findings=report(
            "<results>/summary/{family}_findings.html",
            category="1 Findings",
            caption="../report/findings.rst",
            labels={"split": "{family}", "what": "in words"},
        ),
        contrasts=report(
            "<results>/summary/{family}_contrasts.tsv",
            category="1 Findings",
            caption="../report/contrasts.rst",
            labels={"split": "{family}", "what": "planned contrasts"},
        ),
        effects=report(
            "<results>/summary/{family}_effects.tsv",
            category="4 Which features",
            caption="../report/effects.rst",
            labels={"split": "{family}", "what": "main effects"},
        ),
        geometry=report(
            "<results>/summary/{family}_geometry.tsv",
            category="1 Findings",
            caption="../report/geometry.rst",
            labels={"split": "{family}", "what": "layover and radar shadow"},
        ),
        front="<results>/summary/{family}_findings.rst",
    log:
        "<logs>/conclude/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        models=trained_in_family,
        contrasts=planned_contrasts(),
        sensors=compared_sensors(),
        experiments=compared_experiments(),
        groups=groups_of_sites,
        margin=config["conclusions"]["margin"],
        code=code("conclude.py"),
    message:
        "Drawing conclusions, split {wildcards.family}"
    script:
        "../scripts/conclude.py"


rule figure_contrasts:
    """Test with: snakemake -c1 --configfile config/demo.yaml results/demo/figures/roles_contrasts.svg"""
    input:
        metrics="<results>/summary/metrics.tsv",
        contrasts="<results>/summary/{family}_contrasts.tsv",
    output:
        svg=report(
            "<results>/figures/{family}_contrasts.svg",
            category="1 Findings",
            caption="../report/contrasts_figure.rst",
            labels={"split": "{family}", "what": "planned contrasts, figure"},
        ),
        png="<results>/figures/{family}_contrasts.png",
    log:
        "<logs>/figure_contrasts/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code("figure_contrasts.py"),
    message:
        "Drawing the planned contrasts, split {wildcards.family}"
    script:
        "../scripts/figure_contrasts.py"


rule figure_effects:
    """Test with: snakemake -c1 --configfile config/demo.yaml results/demo/figures/roles_effects.svg"""
    input:
        metrics="<results>/summary/metrics.tsv",
        effects="<results>/summary/{family}_effects.tsv",
    output:
        svg=report(
            "<results>/figures/{family}_effects.svg",
            category="4 Which features",
            caption="../report/effects_figure.rst",
            labels={"split": "{family}", "what": "main effects, figure"},
        ),
        png="<results>/figures/{family}_effects.png",
    log:
        "<logs>/figure_effects/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code("figure_effects.py"),
    message:
        "Drawing the main effects, split {wildcards.family}"
    script:
        "../scripts/figure_effects.py"
