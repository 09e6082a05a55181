"""Results for people: text for the terminal, figures."""


def spare_help_texts() -> None:
    """Keep matplotlib from writing help on the properties of its classes, a third of the time that it takes to import.

    To be called before the figures are imported, by a command: nobody reads help there.
    """
    from matplotlib import artist as module

    def kwdoc(artist: object) -> str:
        return ""

    module.kwdoc = kwdoc
