"""What a Set-Cookie line of the store says, and how its cookie is read back. It knows no sessions.

Every node writes the same line for the same settings, so that a cookie set by one is valid at another (REQ-COOK-8).
"""

from msgspec import structs

from reference.settings import Settings


def granting(settings: Settings, value: str) -> str:
    """Write the Set-Cookie line that gives a browser its session; it lives until the browser closes (REQ-COOK-2)."""
    return f"{settings.cookie_name}={value}{_attributes(settings)}"


def removing(settings: Settings) -> str:
    """Write the line that deletes the cookie: same name, domain and path as it was set with (REQ-COOK-9)."""
    return f"{settings.cookie_name}=; Max-Age=0{_attributes(settings)}"


def forgetting(settings: Settings) -> list[str]:
    """Write the lines that delete what browsers may hold from before the domain was changed (COOK-40, COOK-66)."""
    return [removing(structs.replace(settings, cookie_domain=former)) for former in settings.former_domains]


def _attributes(settings: Settings) -> str:
    """Scope and protection: the asked host unless a domain is set (REQ-COOK-5, 6), Secure and HttpOnly (2, 7)."""
    domain = f"; Domain={settings.cookie_domain}" if settings.cookie_domain else ""
    secure = "; Secure" if settings.secure else ""
    http_only = "; HttpOnly" if settings.http_only else ""
    return f"; Path=/{domain}{secure}{http_only}; SameSite={settings.same_site}"


def values(settings: Settings, header: str | None) -> list[str]:
    """Read every value of the session cookie's name out of a Cookie header, each once, in an order that means nothing.

    There may be several: one of this host and one that a sibling has planted for a parent domain (COOK-70).
    """
    if not header:
        return []
    pairs = (pair.strip().partition("=") for pair in header.split(";"))
    return list(dict.fromkeys(value for name, _, value in pairs if name == settings.cookie_name and value))
