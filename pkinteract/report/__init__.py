"""Results for people: text for the terminal, figures."""


def spare_help_texts() -> None:
    """Keep matplotlib from writing help on the properties of its classes, four tenths of the time of its import.

    To be called before the figures are imported, by a command: nobody reads help there.
    """
    from matplotlib import artist as module

    def kwdoc(artist: object) -> str:
        return ""

    def leave(cls: type) -> None:
        """``set`` takes what it takes without the signature that names it."""

    for owner, name, spared in (
        (module, "kwdoc", kwdoc),
        (module.Artist, "_update_set_signature_and_docstring", classmethod(leave)),
    ):
        setattr(owner, name, spared)
