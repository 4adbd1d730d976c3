rule describe_event:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/events/SIM01.json"""
    input:
        "<results>/cubes/{event}.nc",
    output:
        "<results>/events/{event}.json",
    log:
        "<logs>/describe_event/{event}.log",
    conda:
        "../../envs/geo.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        code=code("describe_event.py"),
    message:
        "Describing event {wildcards.event}"
    script:
        "../scripts/describe_event.py"


rule table_events:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/summary/events.tsv"""
    input:
        described(),
    output:
        report(
            "<results>/summary/events.tsv",
            category="8 Events and images",
            caption="../report/events.rst",
            labels={"what": "events"},
        ),
    log:
        "<logs>/table_events.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        events=event_facts(),
        code=code("table_events.py"),
    message:
        "Writing the table of events"
    script:
        "../scripts/table_events.py"


rule figure_events:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/events_map.svg"""
    input:
        described(),
    output:
        svg=report(
            "<results>/figures/events_map.svg",
            category="8 Events and images",
            caption="../report/events_map.rst",
            labels={"what": "map and list of events"},
        ),
        png="<results>/figures/events_map.png",
    log:
        "<logs>/figure_events.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        events=event_facts(),
        code=code("figure_events.py"),
    message:
        "Drawing the map of events"
    script:
        "../scripts/figure_events.py"


rule figure_days:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/optical_days.svg"""
    input:
        described(),
    output:
        svg=report(
            "<results>/figures/optical_days.svg",
            category="8 Events and images",
            caption="../report/days.rst",
            labels={"what": "days to the images"},
        ),
        png="<results>/figures/optical_days.png",
    log:
        "<logs>/figure_days.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        events=event_facts(),
        dates=event_dates(),
        code=code("figure_days.py"),
    message:
        "Drawing the days between events and images"
    script:
        "../scripts/figure_days.py"


rule figure_relief:
    """Test with: snakemake -c1 --configfile config/tiny.yaml results/tiny/figures/relief.svg"""
    input:
        described(),
    output:
        svg=report(
            "<results>/figures/relief.svg",
            category="8 Events and images",
            caption="../report/relief.rst",
            labels={"what": "elevation and slope"},
        ),
        png="<results>/figures/relief.png",
    log:
        "<logs>/figure_relief.log",
    conda:
        "../../envs/report.yaml"
    resources:
        mem_mb=growing(2000),
        runtime=growing(10),
    params:
        events=event_facts(),
        code=code("figure_relief.py"),
    message:
        "Drawing elevation and slope of the events"
    script:
        "../scripts/figure_relief.py"
