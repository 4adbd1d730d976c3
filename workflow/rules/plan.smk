rule plan:
    """Has no output, so that it runs whenever it is asked for.

    Test with: snakemake -c1 --configfile config/tiny.yaml plan
    """
    log:
        "<logs>/plan.log",
    conda:
        "../../envs/train.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=gpus(),
        mem_mb=growing(6000),
        runtime=growing(10),
    params:
        python=sys.executable,
        snakefile=workflow.main_snakefile,
        target="study",
        events=planned_events(),
        splits=planned_splits(),
        models=planned_models(),
        choices=smaller_choices(),
        machine=machine(),
        downloads=downloads(),
        code=code("plan.py"),
    message:
        "Planning: what is left to do, and how fast this machine trains"
    script:
        "../scripts/plan.py"
