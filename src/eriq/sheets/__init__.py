"""One page for the talk of a client and a caseworker: where we are, what can move, what evidence says helps."""
