"""The bear's body beside its ears and mouth: a paw that can be squeezed, and a light."""
