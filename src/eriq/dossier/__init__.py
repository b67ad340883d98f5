"""The paper trail of a model, made from its run: what is filled, and who must answer what is open."""
