rule landslide4sense_cube:
    """Test with: snakemake -c1 --configfile config/landslide4sense.yaml results/landslide4sense/cubes/L4S-0001.nc"""
    input:
        lookup(dpath="landslide4sense/path", within=config),
    output:
        "<results>/cubes/{event}.nc",
    log:
        "<logs>/landslide4sense_cube/{event}.log",
    wildcard_constraints:
        event=events_of("landslide4sense"),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(20),
    params:
        event=landslide4sense_event,
        format=lookup(dpath="landslide4sense/format", within=config),
        code=code("landslide4sense_cube.py"),
    message:
        "Reading Landslide4Sense tiles of {wildcards.event}"
    script:
        "../scripts/landslide4sense_cube.py"
