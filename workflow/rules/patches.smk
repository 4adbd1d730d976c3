rule cut_patches:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/patches/SIM01.nc"""
    input:
        "<results>/cubes/{event}.nc",
    output:
        "<results>/patches/{event}.nc",
    log:
        "<logs>/cut_patches/{event}.log",
    wildcard_constraints:
        event=cut_events(),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(20),
    params:
        size=lookup(dpath="patches/size", within=config),
        stride=lookup(dpath="patches/stride", within=config),
        code=code("cut_patches.py"),
    message:
        "Cutting {wildcards.event} into patches"
    script:
        "../scripts/cut_patches.py"


rule split_training:
    """Reads training and dependent events only, so that adding a test event retrains nothing.

    Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/splits/roles/train.tsv
    """
    input:
        training_patches,
    output:
        train="<results>/splits/{split}/train.tsv",
        validation="<results>/splits/{split}/validation.tsv",
        augmentation="<results>/splits/{split}/augmentation.tsv",
        scaling="<results>/splits/{split}/scaling.json",
        summary=report(
            "<results>/splits/{split}/summary.tsv",
            category="7 Choices of the study",
            caption="../report/split.rst",
            labels={"split": "{split}", "what": "patches"},
        ),
    log:
        "<logs>/split_training/{split}.log",
    conda:
        "../../envs/train.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(30),
    params:
        members=split_members,
        settings=lookup(dpath="split", within=config),
        percentiles=lookup(dpath="scaling/percentiles", within=config),
        physical_ranges=lookup(dpath="scaling/physical_ranges", within=config),
        code=code("split_training.py"),
    message:
        "Dividing patches for split {wildcards.split}"
    script:
        "../scripts/split_training.py"


rule split_testing:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/splits/roles/test/SIM03.tsv"""
    input:
        "<results>/patches/{event}.nc",
    output:
        "<results>/splits/{split}/test/{event}.tsv",
    log:
        "<logs>/split_testing/{split}_{event}.log",
    conda:
        "../../envs/train.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(5),
    params:
        role=event_role,
        test=lookup(dpath="split/test", within=config),
        buffer=lookup(dpath="split/buffer", within=config),
        code=code("split_testing.py"),
    message:
        "Listing the testing patches of {wildcards.event} for split {wildcards.split}"
    script:
        "../scripts/split_testing.py"
