"""Troubles: what a page must never do, noted as it happens."""

from playwright.sync_api import ConsoleMessage, Page, Request


class Troubles:
    """Errors and warnings that a page wrote, breaches of its content policy, and requests to other hosts."""

    def __init__(self, page: Page, url: str) -> None:
        """Watch *page*, which may talk to *url* only."""
        self.noted: list[str] = []
        self.expected_statuses: set[int] = set()
        self._url = url
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) =>"
            " console.error('policy violated:', event.violatedDirective, event.blockedURI))"
        )
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.noted.append(f"uncaught: {error}"))
        page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        # Chromium itself writes a line for each answer of 400 and above: no script can keep it from doing so.
        refused = any(f"status of {status}" in message.text for status in self.expected_statuses)
        if message.type in {"error", "warning"} and not refused:
            self.noted.append(f"{message.type}: {message.text}")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(f"{self._url}/"):
            self.noted.append(f"foreign request: {request.url}")
