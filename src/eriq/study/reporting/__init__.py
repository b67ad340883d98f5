"""Report, figures and model card: tables and facts in, pages out."""
