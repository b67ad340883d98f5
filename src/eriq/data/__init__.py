"""From files to rows: instrument, tables, sources, cohort and the made-up cohort."""
