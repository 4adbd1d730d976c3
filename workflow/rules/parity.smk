# The other engine's products of compared events lie in results/parity/{event}/{engine}; those that an
# event has anyway are compared where they are.


rule parity_terrain:
    """Test with: snakemake -c1 results/parity/BR0001/terrain.tif --config 'parity={engines: [embedded, archive], events: [BR0001]}'"""
    input:
        "<results>/cubes/{event}.nc",
    output:
        "<results>/parity/{event}/terrain.tif",
    log:
        "<logs>/parity_terrain/{event}.log",
    wildcard_constraints:
        event=events_of("archive"),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code("parity_terrain.py"),
    message:
        "Grid of the published event {wildcards.event}"
    script:
        "../scripts/parity_terrain.py"


use rule embedded_date as parity_embedded_date with:
    output:
        gamma0="<results>/parity/{event}/embedded/gamma0_{epoch}.tif",
        haalpha="<results>/parity/{event}/embedded/haalpha_{epoch}.tif",
    log:
        "<logs>/parity_embedded_date/{event}_{epoch}.log",
    wildcard_constraints:
        event=compared_with("embedded"),


use rule embedded_pair as parity_embedded_pair with:
    output:
        coherence="<results>/parity/{event}/embedded/coherence_{epoch}.tif",
    log:
        "<logs>/parity_embedded_pair/{event}_{epoch}.log",
    wildcard_constraints:
        event=compared_with("embedded"),


use rule embedded_geometry as parity_embedded_geometry with:
    output:
        geometry="<results>/parity/{event}/embedded/geometry.tif",
    log:
        "<logs>/parity_embedded_geometry/{event}.log",
    wildcard_constraints:
        event=compared_with("embedded"),


use rule snap_backscatter as parity_snap_backscatter with:
    output:
        backscatter="<results>/parity/{event}/snap/gamma0_{epoch}.tif",
        geometry="<results>/snap/{event}/geometry_{epoch}.tif",
    log:
        job="<logs>/parity_snap_backscatter/{event}_{epoch}.log",
        graph="<logs>/parity_snap_backscatter/{event}_{epoch}.xml",
        gpt="<logs>/parity_snap_backscatter/{event}_{epoch}_gpt.log",
    wildcard_constraints:
        event=compared_with("snap"),


use rule snap_haalpha as parity_snap_haalpha with:
    output:
        haalpha="<results>/parity/{event}/snap/haalpha_{epoch}.tif",
    log:
        job="<logs>/parity_snap_haalpha/{event}_{epoch}.log",
        graph="<logs>/parity_snap_haalpha/{event}_{epoch}.xml",
        gpt="<logs>/parity_snap_haalpha/{event}_{epoch}_gpt.log",
    wildcard_constraints:
        event=compared_with("snap"),


use rule snap_coherence as parity_snap_coherence with:
    output:
        coherence="<results>/parity/{event}/snap/coherence_{epoch}.tif",
    log:
        job="<logs>/parity_snap_coherence/{event}_{epoch}.log",
        graph="<logs>/parity_snap_coherence/{event}_{epoch}.xml",
        gpt="<logs>/parity_snap_coherence/{event}_{epoch}_gpt.log",
    wildcard_constraints:
        event=compared_with("snap"),


use rule snap_geometry as parity_snap_geometry with:
    output:
        "<results>/parity/{event}/snap/geometry.tif",
    log:
        "<logs>/parity_snap_geometry/{event}.log",
    wildcard_constraints:
        event=compared_with("snap"),
    localrule: True


rule parity_event:
    """Test with: snakemake -c2 results/demo/parity/SIM02/parity.html --configfile config/demo.yaml"""
    input:
        parity_inputs,
    output:
        table="<results>/parity/{event}/parity.tsv",
        page=report(
            "<results>/parity/{event}/parity.html",
            category="Parity",
            caption="../report/parity.rst",
            labels={"event": "{event}"},
        ),
    log:
        "<logs>/parity_event/{event}.log",
    wildcard_constraints:
        event=one_of(PARITY_EVENTS),
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(20),
    params:
        pair=parity_pair,
        code=code("parity_event.py"),
    message:
        "Comparing the products of {wildcards.event}"
    script:
        "../scripts/parity_event.py"


rule parity_summary:
    """Test with: snakemake -c2 results/demo/parity/parity.tsv --configfile config/demo.yaml"""
    input:
        expand("<results>/parity/{event}/parity.tsv", event=PARITY_EVENTS),
    output:
        "<results>/parity/parity.tsv",
    log:
        "<logs>/parity_summary.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code("parity_summary.py"),
    message:
        "Summing up the comparison of engines"
    script:
        "../scripts/parity_summary.py"


rule parity:
    """Compares the products of two engines, layer by layer.

    Test with: snakemake -c2 parity --configfile config/demo.yaml
    """
    input:
        parity_reports,
    localrule: True
    message:
        "The comparison lies in results/parity"
