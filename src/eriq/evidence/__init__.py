"""What studies have found, for whom and how sure; and what support costs."""
