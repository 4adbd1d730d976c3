rule simulate_cube:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/cubes/SIM01.nc"""
    output:
        "<results>/cubes/{event}.nc",
    log:
        "<logs>/simulate_cube/{event}.log",
    wildcard_constraints:
        event=events_of("simulated"),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        event=simulated_event,
        world=simulated_world(),
        code=code("simulate_cube.py"),
    message:
        "Simulating event {wildcards.event}"
    script:
        "../scripts/simulate_cube.py"


rule simulate_archive:
    """Test with: snakemake -c1 results/tiny_archive/resources/simulated_archive.zip --configfile config/tiny.yaml config/tiny_archive.yaml"""
    output:
        "<resources>/simulated_archive.zip",
    log:
        "<logs>/simulate_archive.log",
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
    params:
        events=archive_events(),
        world=simulated_world(),
        hidden=archive_hidden(),
        layout=archive_layout(),
        code=code("simulate_archive.py"),
    message:
        "Simulating an archive in the layout of the published one"
    script:
        "../scripts/simulate_archive.py"


rule simulate_scenes:
    """Test with: snakemake -c1 results/demo/resources/dem/SIM02.tif --configfile config/demo.yaml"""
    output:
        scenes=directory("<resources>/sentinel1/{event}"),
        dem="<resources>/dem/{event}.tif",
        terrain="<results>/products/{event}/terrain.tif",
        labels="<results>/products/{event}/labels.tif",
        before="<results>/products/{event}/optical_PRE1.tif",
        after="<results>/products/{event}/optical_POST1.tif",
    log:
        "<logs>/simulate_scenes/{event}.log",
    wildcard_constraints:
        event=events_simulated_as_scenes(),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        event=simulated_event,
        world=simulated_world(),
        code=code("simulate_scenes.py"),
    message:
        "Simulating SLC scenes of event {wildcards.event}"
    script:
        "../scripts/simulate_scenes.py"


rule simulate_catalogue:
    """Test with: snakemake -c1 results/demo/resources/stac/SIM08 --configfile config/demo.yaml"""
    output:
        scenes=directory("<resources>/sentinel1/{event}"),
        dem="<resources>/dem/{event}.tif",
        terrain="<results>/products/{event}/terrain.tif",
        labels="<results>/products/{event}/labels.tif",
        tiles=directory("<resources>/stac/{event}"),
    log:
        "<logs>/simulate_catalogue/{event}.log",
    wildcard_constraints:
        event=events_with_simulated_catalogue(),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        event=simulated_event,
        world=simulated_world(),
        code=code("simulate_catalogue.py"),
    message:
        "Simulating SLC scenes and optical tiles of event {wildcards.event}"
    script:
        "../scripts/simulate_catalogue.py"


rule simulated_optical:
    """Test with: snakemake -c1 results/demo/products/SIM08/optical_PRE1.tif --configfile config/demo.yaml"""
    input:
        tiles="<resources>/stac/{event}",
        terrain="<results>/products/{event}/terrain.tif",
    output:
        optical="<results>/products/{event}/optical_{epoch}.tif",
        valid="<results>/products/{event}/optical_valid_{epoch}.tif",
        candidates="<results>/acquired/{event}/sentinel2_{epoch}.tsv",
    log:
        "<logs>/simulated_optical/{event}_{epoch}.log",
    wildcard_constraints:
        event=events_with_simulated_catalogue(),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        sought=sought_image,
        rules=ACQUIRE["sentinel2"],
        code=code("simulated_optical.py"),
    message:
        "Finding Sentinel-2 of {wildcards.event}, {wildcards.epoch}, in a simulated catalogue"
    script:
        "../scripts/simulated_optical.py"
