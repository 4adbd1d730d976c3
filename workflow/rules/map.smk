rule choose_model:
    """Test with: snakemake -c1 results/demo/maps/SIM09/model.json --configfile config/demo.yaml"""
    input:
        cube="<results>/cubes/{event}.nc",
        trained=models_to_train(),
    output:
        record="<results>/maps/{event}/model.json",
        models=directory("<results>/maps/{event}/models"),
    log:
        "<logs>/choose_model/{event}.log",
    localrule: True
    conda:
        "../../envs/geo.yaml"
    resources:
        downloads=1,
        mem_mb=growing(2000),
        runtime=growing(30),
    params:
        wanted=wanted_models(),
        there=models_there,
        parity=parity_table(),
        code=code("choose_model.py"),
    message:
        "Choosing the models that map {wildcards.event}"
    script:
        "../scripts/choose_model.py"


rule map_scene:
    """Test with: snakemake -c1 results/demo/maps/SIM09/probability.tif --configfile config/demo.yaml"""
    input:
        cube="<results>/cubes/{event}.nc",
        record="<results>/maps/{event}/model.json",
        models="<results>/maps/{event}/models",
    output:
        probability="<results>/maps/{event}/probability.tif",
        uncertainty="<results>/maps/{event}/uncertainty.tif",
        valid="<results>/maps/{event}/valid.tif",
    log:
        "<logs>/map_scene/{event}.log",
    conda:
        "../../envs/train.yaml"
    threads: config["training"]["threads"]
    resources:
        gpu=gpus(),
        mem_mb=growing(8000),
        runtime=growing(240),
    params:
        code=code("map_scene.py"),
    message:
        "Mapping {wildcards.event}"
    script:
        "../scripts/map_scene.py"


rule map_products:
    """Test with: snakemake -c1 results/demo/maps/SIM09/map.html --configfile config/demo.yaml"""
    input:
        cube="<results>/cubes/{event}.nc",
        record="<results>/maps/{event}/model.json",
        probability="<results>/maps/{event}/probability.tif",
        uncertainty="<results>/maps/{event}/uncertainty.tif",
        valid="<results>/maps/{event}/valid.tif",
        strata="<results>/strata/{event}.tif",
        masks=masks_of_map,
    output:
        polygons="<results>/maps/{event}/landslides.gpkg",
        polygons_style="<results>/maps/{event}/landslides.qml",
        style="<results>/maps/{event}/probability.qml",
        summary="<results>/maps/{event}/summary.json",
        scores="<results>/maps/{event}/scores.tsv",
        changes="<results>/maps/{event}/changes.json",
        quicklook="<results>/maps/{event}/quicklook.png",
        page="<results>/maps/{event}/map.html",
    log:
        "<logs>/map_products/{event}.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(60),
    params:
        settings=map_settings,
        code=code("map_products.py"),
    message:
        "Drawing polygons and page of the map of {wildcards.event}"
    script:
        "../scripts/map_products.py"


rule index_models:
    """Lists whatever models lie there: they are no inputs, lest they be trained.

    Test with: snakemake -c1 index_models --configfile config/tiny.yaml
    """
    output:
        "<results>/models/models.json",
    log:
        "<logs>/index_models.log",
    localrule: True
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        there=models_listed,
        code=code("index_models.py"),
    message:
        "Listing the trained models with their checksums"
    script:
        "../scripts/index_models.py"


rule map:
    input:
        maps,
    log:
        "<logs>/map.log",
    localrule: True
