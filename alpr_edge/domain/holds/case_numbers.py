"""Case numbers: the one form in which they are stored and compared."""


def normal_case(text: str) -> str:
    """A case number without outer blanks and in capitals.

    People type the letters of a case number in either case, and mean the same case.
    """
    return text.strip().upper()
