include: "workflow/Snakefile"


# An included file cannot name the default target.
rule all:
    default_target: True
    input:
        rules.study.input,
