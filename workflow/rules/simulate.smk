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
        mem_mb=4000,
        runtime=10,
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
        mem_mb=4000,
        runtime=60,
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
        mem_mb=4000,
        runtime=30,
    params:
        event=simulated_event,
        world=simulated_world(),
        code=code("simulate_scenes.py"),
    message:
        "Simulating SLC scenes of event {wildcards.event}"
    script:
        "../scripts/simulate_scenes.py"
