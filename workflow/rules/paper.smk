rule figure_features:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/features/SIM01.png"""
    input:
        "<results>/cubes/{event}.nc",
    output:
        report(
            "<results>/figures/features/{event}.png",
            category="8 Events and images",
            caption="../report/features.rst",
            labels={"event": "{event}", "what": "features before and after"},
        ),
    log:
        "<logs>/figure_features/{event}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(20),
    params:
        label=event_label,
        code=code("figure_features.py"),
    message:
        "Drawing the features of {wildcards.event}"
    script:
        "../scripts/figure_features.py"


rule figure_sites:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/roles_sites.png"""
    input:
        cubes=site_cubes,
        patches=site_patches,
        tests=site_tests,
    output:
        report(
            "<results>/figures/{split}_sites.png",
            category="8 Events and images",
            caption="../report/sites.rst",
            labels={"split": "{split}", "what": "test sites"},
        ),
    log:
        "<logs>/figure_sites/{split}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(20),
    params:
        labels=site_labels,
        code=code("figure_sites.py"),
    message:
        "Drawing the test sites of split {wildcards.split}"
    script:
        "../scripts/figure_sites.py"


rule compare_paper:
    """Test with: snakemake -c1 --configfile config/tiny.yaml --config 'tables={paper: config/paper.tsv}' -- results/tiny/summary/roles_paper.html"""
    input:
        metrics="<results>/summary/metrics.tsv",
        paper=lookup(dpath="tables/paper", within=config),
    output:
        tsv="<results>/summary/{family}_paper.tsv",
        html=report(
            "<results>/summary/{family}_paper.html",
            category="9 All scores",
            caption="../report/paper.rst",
            labels={"split": "{family}", "what": "the paper's numbers beside ours"},
        ),
    log:
        "<logs>/compare_paper/{family}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        names=names(),
        groups=paper_groups(),
        outlier="IE0001",
        code=code("compare_paper.py"),
    message:
        "Setting the paper's numbers beside those of split {wildcards.family}"
    script:
        "../scripts/compare_paper.py"
