# Jobs that need the internet. They run where snakemake runs, not on a cluster's nodes.


rule acquire_area:
    """Test with: snakemake -c1 resources/areas/{an event of source scenes}.json"""
    input:
        polygons_of_event,
    output:
        "<resources>/areas/{event}.json",
    log:
        "<logs>/acquire_area/{event}.log",
    wildcard_constraints:
        event=acquired_events(),
    localrule: True
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        area=area_of_event,
        code=code("acquire_area.py"),
    message:
        "Area of {wildcards.event}"
    script:
        "../scripts/acquire_area.py"


rule acquire_dem:
    """Test with: snakemake -c1 resources/dem/{an event of source scenes}.tif"""
    input:
        "<resources>/areas/{event}.json",
    output:
        config["sentinel1"]["dem"],
    log:
        "<logs>/acquire_dem/{event}.log",
    wildcard_constraints:
        event=events_without_dem(),
    localrule: True
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(60),
        downloads=1,
    params:
        source=ACQUIRE["elevation"],
        code=code("acquire_dem.py"),
    message:
        "Fetching elevation of {wildcards.event}"
    script:
        "../scripts/acquire_dem.py"


rule acquire_terrain:
    """Test with: snakemake -c1 results/products/{an event of source scenes}/terrain.tif"""
    input:
        area="<resources>/areas/{event}.json",
        dem=dem_of_event,
    output:
        "<results>/products/{event}/terrain.tif",
    log:
        "<logs>/acquire_terrain/{event}.log",
    wildcard_constraints:
        event=acquired_events(),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(20),
    params:
        heights=config["sentinel1"]["dem_heights"],
        code=code("acquire_terrain.py"),
    message:
        "Elevation and slope of {wildcards.event}"
    script:
        "../scripts/acquire_terrain.py"


rule acquire_labels:
    """Test with: snakemake -c1 results/products/{an event with polygons}/labels.tif"""
    input:
        polygons=polygons_of_event,
        mapped=mapped_area_of_event,
        terrain="<results>/products/{event}/terrain.tif",
    output:
        "<results>/products/{event}/labels.tif",
    log:
        "<logs>/acquire_labels/{event}.log",
    wildcard_constraints:
        event=labelled_events(),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(20),
    params:
        event_date=event_date,
        code=code("acquire_labels.py"),
    message:
        "Reference of {wildcards.event}"
    script:
        "../scripts/acquire_labels.py"


rule acquire_optical:
    """Test with: snakemake -c1 results/products/{an event of source scenes}/optical_PRE1.tif"""
    input:
        terrain="<results>/products/{event}/terrain.tif",
    output:
        optical="<results>/products/{event}/optical_{epoch}.tif",
        valid="<results>/products/{event}/optical_valid_{epoch}.tif",
        candidates="<results>/acquired/{event}/sentinel2_{epoch}.tsv",
    log:
        "<logs>/acquire_optical/{event}_{epoch}.log",
    wildcard_constraints:
        event=acquired_events(),
    localrule: True
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(60),
        downloads=1,
    params:
        sought=sought_image,
        rules=ACQUIRE["sentinel2"],
        code=code("acquire_optical.py"),
    message:
        "Finding and fetching Sentinel-2 of {wildcards.event}, {wildcards.epoch}"
    script:
        "../scripts/acquire_optical.py"


rule optical_quality:
    """Test with: snakemake -c1 results/acquired/{an event of source scenes}/sentinel2.tsv"""
    input:
        optical_products,
    output:
        "<results>/acquired/{event}/sentinel2.tsv",
    log:
        "<logs>/optical_quality/{event}.log",
    wildcard_constraints:
        event=acquired_events(),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(20),
    params:
        code=code("optical_quality.py"),
    message:
        "Judging the optical images of {wildcards.event}"
    script:
        "../scripts/optical_quality.py"


rule figure_looks:
    """Test with: snakemake -c1 results/acquired/{an event of source scenes}/looks.png"""
    input:
        optical=optical_products,
        polygons=polygons_of_event,
    output:
        "<results>/acquired/{event}/looks.png",
    log:
        "<logs>/figure_looks/{event}.log",
    wildcard_constraints:
        event=acquired_events(),
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(20),
    params:
        label=event_label,
        code=code("figure_looks.py"),
    message:
        "Drawing the optical images of {wildcards.event}"
    script:
        "../scripts/figure_looks.py"


rule seek_scenes:
    """Test with: snakemake -c1 resources/sentinel1/{an event of source scenes}/chosen.json"""
    input:
        dem=dem_of_event,
        terrain="<results>/products/{event}/terrain.tif",
        area="<resources>/areas/{event}.json",
    output:
        chosen="<resources>/sentinel1/{event}/chosen.json",
        tracks="<results>/acquired/{event}/sentinel1.tsv",
    log:
        "<logs>/seek_scenes/{event}.log",
    wildcard_constraints:
        event=acquired_events(),
    localrule: True
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(30),
        downloads=1,
    params:
        sought=sought_scenes,
        search={name: ACQUIRE["sentinel1"][name] for name in ("days", "missions")},
        code=code("seek_scenes.py"),
    message:
        "Choosing Sentinel-1 scenes of {wildcards.event}"
    script:
        "../scripts/seek_scenes.py"


rule fetch_scenes:
    """Test with: snakemake -c1 resources/sentinel1/{an event of source scenes}/PRE1/scenes.txt"""
    input:
        "<resources>/sentinel1/{event}/chosen.json",
    output:
        "<resources>/sentinel1/{event}/{epoch}/scenes.txt",
    log:
        "<logs>/fetch_scenes/{event}_{epoch}.log",
    wildcard_constraints:
        event=acquired_events(),
    localrule: True
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(600),
        downloads=1,
    params:
        code=code("fetch_scenes.py"),
    message:
        "Fetching Sentinel-1 of {wildcards.event}, {wildcards.epoch}"
    script:
        "../scripts/fetch_scenes.py"


rule propose:
    """Test with: snakemake -c1 results/acquired/{an event of source scenes}/acquisitions.tsv"""
    input:
        quality="<results>/acquired/{event}/sentinel2.tsv",
        chosen="<resources>/sentinel1/{event}/chosen.json",
    output:
        "<results>/acquired/{event}/acquisitions.tsv",
    log:
        "<logs>/propose/{event}.log",
    wildcard_constraints:
        event=acquired_events(),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(10),
    params:
        code=code("propose.py"),
    message:
        "Proposing rows of acquisitions.tsv for {wildcards.event}"
    script:
        "../scripts/propose.py"


rule acquisitions:
    """Tables and pictures by which to check what was chosen, and rows that pin it. No SLC is fetched.

    Test with: snakemake -c4 acquisitions --config source=scenes
    """
    input:
        proposals(),
    localrule: True
    message:
        "The proposals lie in results/acquired"


rule acquire:
    """Fetches all that is missing, so that the rest can run without the internet.

    Test with: snakemake -c4 acquire --config source=scenes
    """
    input:
        acquired_files(),
    localrule: True
    message:
        "All that the events need is there"
