# The published archive. Once it is there it is a source file like any other: no rule makes it any
# more, so no edit of code or settings can throw gigabytes away.
if not is_downloaded(config):

    # Nodes of a cluster often have no internet.
    localrules:
        download_archive,

    rule download_archive:
        """Test with: snakemake -c1 resources/archive/s1s2_landslide_reference_data.zip"""
        output:
            f"<resources>/archive/{NAME}.zip",
        log:
            "<logs>/download_archive.log",
        retries: 2
        conda:
            "../../envs/geo.yaml"
        resources:
            downloads=1,
            mem_mb=growing(1000),
            runtime=growing(720),
        params:
            remote=archive_remote(),
        message:
            "Downloading the published archive, {params.remote[size]} bytes"
        script:
            "../scripts/download_archive.py"


rule archive_cube:
    """Test with: snakemake -c1 results/tiny_archive/cubes/SIM01.nc --configfile config/tiny.yaml config/tiny_archive.yaml"""
    input:
        archive_inputs,
    output:
        "<results>/cubes/{event}.nc",
    log:
        "<logs>/archive_cube/{event}.log",
    wildcard_constraints:
        event=events_of("archive"),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(4000),
        runtime=growing(30),
    params:
        archive=archive_path,
        event=archive_event,
        code=code("archive_cube.py"),
    message:
        "Reading {wildcards.event} from the archive"
    script:
        "../scripts/archive_cube.py"


rule unpack_published:
    """Test with: snakemake -c1 results/tiny_archive/archive/reference_data/val_n3_s1s2.h5 --configfile config/tiny.yaml config/tiny_archive.yaml"""
    input:
        ARCHIVE,
    output:
        f"<results>/archive/{patches_name('{part}')}",
    log:
        "<logs>/unpack_published/{part}.log",
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(30),
    params:
        code=code("unpack_published.py"),
    message:
        "Unpacking published patches, {wildcards.part}"
    script:
        "../scripts/unpack_published.py"


rule published_positions:
    """Test with: snakemake -c1 results/tiny_archive/archive/positions.tsv --configfile config/tiny.yaml config/tiny_archive.yaml"""
    input:
        scenes=published_scenes(),
        patches=published_files(),
    output:
        "<results>/archive/positions.tsv",
    log:
        "<logs>/published_positions.log",
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(60),
    params:
        archive=archive_path,
        code=code("published_positions.py"),
    message:
        "Finding the place of every published patch"
    script:
        "../scripts/published_positions.py"


rule published_roles:
    """Test with: snakemake -c1 results/tiny_archive/summary/published_roles.tsv --configfile config/tiny.yaml config/tiny_archive.yaml"""
    input:
        "<results>/archive/positions.tsv",
    output:
        report(
            "<results>/summary/published_roles.tsv",
            category="8 Events and images",
            caption="../report/published_roles.rst",
            labels={"what": "roles in the published split"},
        ),
    log:
        "<logs>/published_roles.log",
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        roles=published_in_table(),
        code=code("published_roles.py"),
    message:
        "Naming the role of every event in the published split"
    script:
        "../scripts/published_roles.py"


rule published_patches:
    """Test with: snakemake -c1 results/tiny_archive/patches/SIM01.nc --configfile config/tiny.yaml config/tiny_archive.yaml"""
    input:
        cube="<results>/cubes/{event}.nc",
        positions="<results>/archive/positions.tsv",
        patches=published_files(),
    output:
        "<results>/patches/{event}.nc",
    log:
        "<logs>/published_patches/{event}.log",
    wildcard_constraints:
        event=published_events(),
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(6000),
        runtime=growing(30),
    params:
        size=lookup(dpath="patches/size", within=config),
        code=code("published_patches.py"),
    message:
        "Taking the published patches of {wildcards.event}"
    script:
        "../scripts/published_patches.py"


rule table_offsets:
    """Test with: snakemake -c1 results/tiny_archive/summary/s2_offsets.tsv --configfile config/tiny.yaml config/tiny_archive.yaml"""
    input:
        archive_facts(),
    output:
        report(
            "<results>/summary/s2_offsets.tsv",
            category="8 Events and images",
            caption="../report/s2_offsets.rst",
            labels={"what": "Sentinel-2 offsets"},
        ),
    log:
        "<logs>/table_offsets.log",
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(1000),
        runtime=growing(5),
    params:
        dates=archive_optical_dates(),
        code=code("table_offsets.py"),
    message:
        "Listing the offsets of Sentinel-2 images"
    script:
        "../scripts/table_offsets.py"
