"""The border: tables with contracts, read, checked, and made into a cohort."""
