"""What a store's client says becomes one error of ours, and none of its words are kept."""

import pytest

from eriq.errors import OutputError, SourceError
from eriq.tables.objects import Store, _naming

SAID = {
    "AWS Error NO_SUCH_BUCKET during CreateMultipartUpload operation: x": "no such bucket",
    "AWS Error ACCESS_DENIED during PutObject operation: for Credential=AKIA5ENT1NEL/x": "access was denied",
    "AWS Error EXPIRED_TOKEN during HeadObject operation: x": "access was denied",
    "AWS Error NETWORK_CONNECTION during HeadObject operation: curlCode: 7": "cannot be reached",
    "google::cloud::Status(PERMISSION_DENIED: alice@example.org has no access)": "access was denied",
    "google::cloud::Status(UNAVAILABLE: x)": "cannot be reached",
    "anything AKIA5ENT1NEL": "the store refused",
}


@pytest.mark.parametrize("text", SAID)
def test_the_cause_is_told_and_the_text_is_not(text: str) -> None:
    """A store may repeat a request with key and signature, or say who asked."""
    with (
        pytest.raises(OutputError, match=f"s3://box/a: .*{SAID[text]}") as told,
        _naming("s3://box/a", "x", OutputError),
    ):
        raise OSError(text)
    assert "AKIA" not in str(told.value)
    assert "alice" not in str(told.value)


def test_an_address_that_no_client_takes_is_one_error() -> None:
    """What the client's own reading of addresses refuses is told by the address alone."""
    with pytest.raises(SourceError, match=r"^s3://box/a: the store refused") as told:
        Store("s3://box/a?secret=1&region=x")
    assert "secret" not in str(told.value)
