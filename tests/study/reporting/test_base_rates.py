"""Published job rates beside an outcome."""

from eriq.study.reporting.base_rates import base_rates, context_lines


def test_every_rate_has_a_source_and_a_window() -> None:
    """Sixteen rates, each once, each with where and when; the lower end is not above the upper."""
    rates = base_rates().rates

    assert 16 == len(rates) == len({rate.service for rate in rates})
    assert all(rate.source and rate.within and rate.low <= rate.high for rate in rates)


def test_what_happened_here_stands_first_and_the_caution_last() -> None:
    """Rates rise from line to line, round ones are called so, and nothing is compared."""
    lines = context_lines(0.062, "job entry within 12 months")

    assert "Here: 6.2 % with job entry within 12 months." == lines[0]
    assert "not comparable" in lines[-1]
    assert any("about 50 % (90 days after the service; Almega 2023)" in line for line in lines)
    assert "3.9 to 5 %" in next(line for line in lines if "activity compensation" in line)
    assert 18 == len(lines)
