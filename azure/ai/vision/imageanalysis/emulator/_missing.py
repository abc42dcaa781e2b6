"""The error of a package that is not installed."""

EXTRA = 'pip install "azure-ai-vision-imageanalysis[emulator]"'


def missing(error: ModuleNotFoundError) -> ModuleNotFoundError:
    """Return an error that says what to install.

    :param error: The error of the import.
    :return: The same kind of error.
    """
    return ModuleNotFoundError(
        f"The emulator needs {error.name}. Install the library with its extra: {EXTRA}", name=error.name
    )
