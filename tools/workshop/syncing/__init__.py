"""The way from a bear's card to the parents' read model, with everything on it real."""
