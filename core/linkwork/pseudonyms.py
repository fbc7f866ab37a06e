"""A pseudonym as people say it, the same words at the school and at the authority. Pure."""


def short(pseudonym: str) -> str:
    """Eight letters of a pseudonym, to read over the telephone: K3QX 7M2A."""
    letters = pseudonym.removeprefix("p_").upper()[:8]
    return f"{letters[:4]} {letters[4:]}".rstrip()
