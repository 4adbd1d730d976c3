rule scenes_cube:
    """Test with: snakemake -c1 results/cubes/BR0001.nc, once its products lie in results/products/BR0001"""
    input:
        products_of_event,
    output:
        "<results>/cubes/{event}.nc",
    log:
        "<logs>/scenes_cube/{event}.log",
    wildcard_constraints:
        event=events_of("scenes"),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(20),
    params:
        event=scenes_event,
        code=code("scenes_cube.py"),
    message:
        "Harmonising the products of {wildcards.event}"
    script:
        "../scripts/scenes_cube.py"
