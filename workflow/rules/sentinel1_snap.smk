rule snap_preflight:
    """Has no output, so that it runs whenever it is asked for.

    Test with: snakemake -c1 snap_preflight
    """
    log:
        "<logs>/snap_preflight.log",
    conda:
        "../../envs/geo.yaml"
    threads: SNAP["threads"]
    resources:
        mem_mb=growing(SNAP["mem_mb"]),
        runtime=growing(30),
    params:
        scenes=snap_scenes(),
        code=code("snap_preflight.py"),
    message:
        "Checking SNAP, its graphs, memory and auxiliary data"
    script:
        "../scripts/snap_preflight.py"


# The same once, before the first run of SNAP. Nothing makes it run again: while a job is to run,
# Snakemake looks at no parameter of the jobs behind it, and would miss what they have to do.
use rule snap_preflight as snap_ready with:
    output:
        "<results>/snap/preflight.tsv",
    log:
        "<logs>/snap_ready.log",
    params:
        scenes=[],
    message:
        "Checking SNAP before its first run"


rule snap_elevation:
    """Test with: snakemake -c1 results/snap/BR0001/elevation.tif --config source=scenes"""
    input:
        dem=dem_of_event,
        terrain=terrain_of_event,
    output:
        "<results>/snap/{event}/elevation.tif",
    log:
        "<logs>/snap_elevation/{event}.log",
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(20),
    params:
        heights=config["sentinel1"]["dem_heights"],
        code=code("snap_elevation.py"),
    message:
        "Elevation above the ellipsoid around {wildcards.event}, for SNAP"
    script:
        "../scripts/snap_elevation.py"


rule snap_backscatter:
    """Test with: snakemake -c4 results/products/BR0001/gamma0_PRE1.tif --config source=scenes"""
    input:
        # A check that ran again is no reason to run SNAP again.
        ready=ancient("<results>/snap/preflight.tsv"),
        safes=inputs_of_epoch,
        dem="<results>/snap/{event}/elevation.tif",
        terrain=terrain_of_event,
    output:
        backscatter="<results>/products/{event}/gamma0_{epoch}.tif",
        geometry="<results>/snap/{event}/geometry_{epoch}.tif",
    log:
        job="<logs>/snap_backscatter/{event}_{epoch}.log",
        graph="<logs>/snap_backscatter/{event}_{epoch}.xml",
        gpt="<logs>/snap_backscatter/{event}_{epoch}_gpt.log",
    wildcard_constraints:
        event=events_of_engine("snap"),
    conda:
        "../../envs/geo.yaml"
    threads: SNAP["threads"]
    resources:
        mem_mb=growing(SNAP["mem_mb"]),
        runtime=growing(SNAP["minutes"]),
    params:
        kind="backscatter",
        template=template("backscatter"),
        track=track_of_event,
        epoch=own_epoch,
        scenes=scenes_of_epoch,
        earlier=[],
        orbits=sentinel1_orbits(),
        choices=snap_choices(),
        processing=sentinel1_processing(),
        code=code("snap_product.py"),
    message:
        "SNAP: gamma nought of {wildcards.event}, {wildcards.epoch}"
    script:
        "../scripts/snap_product.py"


rule snap_haalpha:
    """Test with: snakemake -c4 results/products/BR0001/haalpha_PRE1.tif --config source=scenes"""
    input:
        ready=ancient("<results>/snap/preflight.tsv"),
        safes=inputs_of_epoch,
        dem="<results>/snap/{event}/elevation.tif",
        terrain=terrain_of_event,
    output:
        haalpha="<results>/products/{event}/haalpha_{epoch}.tif",
    log:
        job="<logs>/snap_haalpha/{event}_{epoch}.log",
        graph="<logs>/snap_haalpha/{event}_{epoch}.xml",
        gpt="<logs>/snap_haalpha/{event}_{epoch}_gpt.log",
    wildcard_constraints:
        event=events_of_engine("snap"),
    conda:
        "../../envs/geo.yaml"
    threads: SNAP["threads"]
    resources:
        mem_mb=growing(SNAP["mem_mb"]),
        runtime=growing(SNAP["minutes"]),
    params:
        kind="haalpha",
        template=template("haalpha"),
        track=track_of_event,
        epoch=own_epoch,
        scenes=scenes_of_epoch,
        earlier=[],
        orbits=sentinel1_orbits(),
        choices=snap_choices(),
        processing=sentinel1_processing(),
        code=code("snap_product.py"),
    message:
        "SNAP: H/A/alpha of {wildcards.event}, {wildcards.epoch}"
    script:
        "../scripts/snap_product.py"


rule snap_coherence:
    """Test with: snakemake -c4 results/products/BR0001/coherence_PRE1.tif --config source=scenes"""
    input:
        ready=ancient("<results>/snap/preflight.tsv"),
        safes=inputs_of_epoch,
        earlier=inputs_of_earlier_epoch,
        dem="<results>/snap/{event}/elevation.tif",
        terrain=terrain_of_event,
    output:
        coherence="<results>/products/{event}/coherence_{epoch}.tif",
    log:
        job="<logs>/snap_coherence/{event}_{epoch}.log",
        graph="<logs>/snap_coherence/{event}_{epoch}.xml",
        gpt="<logs>/snap_coherence/{event}_{epoch}_gpt.log",
    wildcard_constraints:
        event=events_of_engine("snap"),
    conda:
        "../../envs/geo.yaml"
    threads: SNAP["threads"]
    resources:
        mem_mb=growing(SNAP["mem_mb"]),
        runtime=growing(SNAP["minutes"]),
    params:
        kind="coherence",
        template=template("coherence"),
        track=track_of_event,
        epoch=own_epoch,
        scenes=scenes_of_epoch,
        earlier=scenes_of_earlier_epoch,
        orbits=sentinel1_orbits(),
        choices=snap_choices(),
        processing=sentinel1_processing(),
        code=code("snap_product.py"),
    message:
        "SNAP: coherence of {wildcards.event}, {wildcards.epoch} and the date before"
    script:
        "../scripts/snap_product.py"


rule snap_geometry:
    """Test with: snakemake -c4 results/products/BR0001/geometry.tif --config source=scenes"""
    input:
        snap_geometry_of_event,
    output:
        "<results>/products/{event}/geometry.tif",
    log:
        "<logs>/snap_geometry/{event}.log",
    wildcard_constraints:
        event=events_of_engine("snap"),
    localrule: True
    conda:
        "../../envs/geo.yaml"
    message:
        "Layover, shadow and local incidence of {wildcards.event}, as they came with gamma nought"
    shell:
        "cp {input:q} {output:q} 2> {log:q}"


rule snap_graph:
    """Test with: snakemake -c1 results/graphs/BR0001/haalpha_PRE1.xml --config source=scenes"""
    input:
        safes=inputs_of_graph,
        dem="<results>/snap/{event}/elevation.tif",
        terrain=terrain_of_event,
    output:
        "<results>/graphs/{event}/{kind}_{epoch}.xml",
    log:
        "<logs>/snap_graph/{event}_{kind}_{epoch}.log",
    wildcard_constraints:
        event=events_of_engine("snap"),
        kind="backscatter|coherence|haalpha",
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(10),
    params:
        template=template_of_graph,
        track=track_of_event,
        epoch=own_epoch,
        scenes=scenes_of_epoch,
        earlier=scenes_before_graph,
        orbits=sentinel1_orbits(),
        choices=snap_choices(),
        processing=sentinel1_processing(),
        snap=snap_installation(),
        code=code("snap_graph.py"),
    message:
        "Graph of {wildcards.kind}, {wildcards.event}, {wildcards.epoch}"
    script:
        "../scripts/snap_graph.py"


rule snap_graphs:
    """Writes the graphs that the events of engine snap need, and runs none.

    Test with: snakemake -c1 snap_graphs --config source=scenes
    """
    input:
        graphs_of_snap(),
    localrule: True
    message:
        "The graphs lie in results/graphs"
