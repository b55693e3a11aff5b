"""Claims about the dashboard, in a real Chromium."""
