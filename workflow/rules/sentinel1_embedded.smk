rule embedded_date:
    """Test with: snakemake -c1 results/demo/products/SIM01/gamma0_PRE1.tif --configfile config/demo.yaml"""
    input:
        safes=inputs_of_epoch,
        dem=dem_of_event,
        terrain=terrain_of_event,
    output:
        gamma0="<results>/products/{event}/gamma0_{epoch}.tif",
        haalpha="<results>/products/{event}/haalpha_{epoch}.tif",
    log:
        "<logs>/embedded_date/{event}_{epoch}.log",
    wildcard_constraints:
        event=events_of_engine("embedded"),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        place=place_of_event,
        epoch=own_epoch,
        scenes=scenes_of_epoch,
        earlier=[],
        orbits=sentinel1_orbits(),
        processing=sentinel1_processing(),
        code=code("embedded_products.py"),
    message:
        "Gamma nought and H/A/alpha of {wildcards.event}, {wildcards.epoch}"
    script:
        "../scripts/embedded_products.py"


rule embedded_pair:
    """Test with: snakemake -c1 results/demo/products/SIM01/coherence_POST1.tif --configfile config/demo.yaml"""
    input:
        safes=inputs_of_epoch,
        earlier=inputs_of_earlier_epoch,
        dem=dem_of_event,
        terrain=terrain_of_event,
    output:
        coherence="<results>/products/{event}/coherence_{epoch}.tif",
    log:
        "<logs>/embedded_pair/{event}_{epoch}.log",
    wildcard_constraints:
        event=events_of_engine("embedded"),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        place=place_of_event,
        epoch=own_epoch,
        scenes=scenes_of_epoch,
        earlier=scenes_of_earlier_epoch,
        orbits=sentinel1_orbits(),
        processing=sentinel1_processing(),
        code=code("embedded_products.py"),
    message:
        "Coherence of {wildcards.event}, {wildcards.epoch} and the date before"
    script:
        "../scripts/embedded_products.py"


rule embedded_geometry:
    """Test with: snakemake -c1 results/demo/products/SIM01/geometry.tif --configfile config/demo.yaml"""
    input:
        safes=inputs_of_geometry,
        dem=dem_of_event,
        terrain=terrain_of_event,
    output:
        geometry="<results>/products/{event}/geometry.tif",
    log:
        "<logs>/embedded_geometry/{event}.log",
    wildcard_constraints:
        event=events_of_engine("embedded"),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        place=place_of_event,
        epoch=epoch_of_geometry,
        scenes=scenes_of_geometry,
        earlier=[],
        orbits=sentinel1_orbits(),
        processing=sentinel1_processing(),
        code=code("embedded_products.py"),
    message:
        "Layover, shadow and local incidence of {wildcards.event}"
    script:
        "../scripts/embedded_products.py"
