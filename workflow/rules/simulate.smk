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
