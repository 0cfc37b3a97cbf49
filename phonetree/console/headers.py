"""Headers on every answer: nothing is run but our own scripts, nothing is framed, nothing is stored."""

from flask import Flask, Response

from phonetree.settings import ConsoleSettings

A_YEAR_SECONDS = 365 * 24 * 3600

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",  # Bootstrap's stylesheet has its icons inside
        "font-src 'self'",
        "connect-src 'self'",
        "worker-src 'self'",  # holds the unlocked key of a listener, out of the page's reach
        "media-src blob: data:",  # the sound of a message, which exists in the browser alone; see messages/player.js
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)

ALWAYS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}


def put_on(app: Flask, settings: ConsoleSettings) -> None:
    """Puts them on every answer that does not have its own."""
    https = not settings.demo
    ours = ALWAYS | ({"Strict-Transport-Security": f"max-age={A_YEAR_SECONDS}"} if https else {})

    @app.after_request
    def put(response: Response) -> Response:
        for name, value in ours.items():
            response.headers.setdefault(name, value)
        return response
