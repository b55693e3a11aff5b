"""Troubles: what a page must never do, noted as it happens."""

from playwright.sync_api import BrowserContext, ConsoleMessage, Request


class Troubles:
    """Errors and warnings that a page wrote, breaches of its content policy, and requests to other hosts."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        """Watch every page of *context*; they may talk to *url* only."""
        self.noted: list[str] = []
        self.expected_statuses: set[int] = set()
        self.expects_breaks = False
        """Whether the server is to go away: Chromium writes a line for each connection that breaks, too."""
        self._url = url
        context.add_init_script(
            "addEventListener('securitypolicyviolation', (event) =>"
            " console.error('policy violated:', event.violatedDirective, event.blockedURI))"
        )
        context.on("console", self._console)
        context.on("weberror", lambda error: self.noted.append(f"uncaught: {error.error}"))
        context.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        # Chromium itself writes a line for each answer of 400 and above: no script can keep it from doing so.
        refused = any(f"status of {status}" in message.text for status in self.expected_statuses)
        broken = self.expects_breaks and "net::ERR_" in message.text
        if message.type in {"error", "warning"} and not refused and not broken:
            self.noted.append(f"{message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(f"{self._url}/"):
            self.noted.append(f"foreign request: {request.url}")
